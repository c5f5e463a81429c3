export { reportSecurityEvent, type SecurityEvent } from './security-events.ts'
export { createLog, describeError, holdLog, stackOf, type Logger } from './log.ts'
export { collectProcessMetrics, metrics, metricsContentType, metricsText, shareMetrics } from './metrics.ts'
