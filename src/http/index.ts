export type { Readiness } from './health.ts'
export { startMetricsServer } from './metrics-server.ts'
export { startHttpServer, type HttpServer } from './server.ts'
