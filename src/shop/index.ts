export { createShopRouter } from './router.ts'
