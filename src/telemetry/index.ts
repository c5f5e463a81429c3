export { reportSecurityEvent, type SecurityEvent } from './security-events.ts'
export { createLog, describeError, stackOf, type Logger } from './log.ts'
export { collectProcessMetrics, metrics, metricsContentType, metricsText, shareMetrics } from './metrics.ts'
