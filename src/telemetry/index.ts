export { reportSecurityEvent, type SecurityEvent } from './security-events.ts'
export { activeTraceparent, endSpan, inSpan, isTracing, startSpan, traceparentOf, withSpan } from './tracing.ts'
export { createLog, describeError, holdLog, stackOf, type Logger } from './log.ts'
export { collectProcessMetrics, metrics, metricsContentType, metricsText, shareMetrics } from './metrics.ts'
