export type { Context, Session } from './context.ts'
export { customerProcedure, publicProcedure, router, staffProcedure } from './procedures.ts'
