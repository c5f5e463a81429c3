import type {
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server'
import type { AppRouter } from '#app'
import type { ErrorCode } from '#errors'

/** The router as clients see it: what each procedure takes and answers, and nothing of the server. Imported for its types alone. */
export type Api = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  typeof procedures
>

/** `data` of every error that the shop answers. */
export interface ErrorData {
  code: TRPC_ERROR_CODE_KEY
  httpStatus: number
  error: ErrorCode
  /** The same call can succeed later, with the same idempotency key where it has one. */
  isRetryable: boolean
  /** The fields at fault, as paths such as `lines.0.sku`. */
  issues: { field: string; message: string }[]
  /** What to tell the shop's staff when asking about this call. */
  requestId: string | null
}

interface ErrorShape {
  code: TRPC_ERROR_CODE_NUMBER
  message: string
  data: ErrorData
}

/** Conditional, so that tsc writes the result out in declarations instead of naming the server's router. */
type Published<Part> =
  Part extends TRPCQueryProcedure<infer Def>
    ? TRPCQueryProcedure<Signature<Def>>
    : Part extends TRPCMutationProcedure<infer Def>
      ? TRPCMutationProcedure<Signature<Def>>
      : Part extends TRPCSubscriptionProcedure<infer Def>
        ? TRPCSubscriptionProcedure<Signature<Def>>
        : { [Name in keyof Part]: Published<Part[Name]> }

/** Only what answers errors as ErrorShape tells has a signature here. */
type Signature<Def> = Def extends { input: unknown; output: unknown; errorShape?: ErrorShape }
  ? { input: Def['input']; output: Def['output']; meta: object; errorShape: ErrorShape }
  : never

const published = <Procedures>(procedures: Procedures) => procedures as unknown as Published<Procedures>
export const procedures = published({} as AppRouter['_def']['record'])
