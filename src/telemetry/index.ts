export { createLog, describeError, type Logger } from './log.ts'
export { collectProcessMetrics, metrics, metricsContentType, metricsText } from './metrics.ts'
