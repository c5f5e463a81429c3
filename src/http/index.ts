export { startMetricsServer } from './metrics-server.ts'
export { pagesFolder } from './pages.ts'
export { startHttpServer, type HttpServer } from './server.ts'
