export { startMetricsServer } from './metrics-server.ts'
export { startHttpServer, type HttpServer } from './server.ts'
