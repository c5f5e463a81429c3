export { createLog, describeError, type Logger } from './log.ts'
export { collectProcessMetrics, metrics, metricsContentType, metricsText, shareMetrics } from './metrics.ts'
