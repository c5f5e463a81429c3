export type { Context, Session } from './context.ts'
export { rejectHostileInput } from './hostile-input.ts'
export { cachedProcedure, customerProcedure, publicProcedure, router, staffProcedure, type Meta } from './procedures.ts'
export { preferredLocale, translate } from './translation.ts'
