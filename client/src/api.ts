import type {
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server'
import type { AppRouter } from '../../src/app.ts'
import type { ErrorCode } from '../../src/errors.ts'

/** The router as clients see it: the input and output of each procedure, and no types of the server. Import its types only. */
export type Api = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  typeof procedures
>

/** `data` of every error that the shop returns. */
export interface ErrorData {
  code: TRPC_ERROR_CODE_KEY
  httpStatus: number
  error: ErrorCode
  /** Whether the same call can succeed later, with the same idempotency key where it has one. */
  isRetryable: boolean
  /** The invalid fields, as paths such as `lines.0.sku`. */
  issues: { field: string; message: string }[]
  /** Identifies this call when you report it to the staff of the shop. */
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

/** `never` for a procedure whose errors do not have the shape that {@link ErrorShape} promises. */
type Signature<Def> = Def extends { input: unknown; output: unknown; errorShape?: ErrorShape }
  ? { input: Def['input']; output: Def['output']; meta: object; errorShape: ErrorShape }
  : never

const published = <Procedures>(procedures: Procedures) => procedures as unknown as Published<Procedures>
export const procedures = published({} as AppRouter['_def']['record'])
