export {
  freshMs,
  openResponseCache,
  staleMs,
  type CachedResponse,
  type CacheLookup,
  type ResponseCache,
} from './response-cache.ts'
