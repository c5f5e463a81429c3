import { z } from 'zod'
import {
  emailSchema,
  idSchema,
  localeSchema,
  nameSchema,
  opaque,
  pageSchema,
  type Locale,
  type Page,
  type Timestamp,
} from '#schemas'

/** Input and output of `user.*`. Imports nothing but schemas, since the published client contains these types. */

/** A password to be set. Beside its length the module rejects passwords that are easy to guess (`password_weak`). */
const newPasswordSchema = z.string().min(8, 'must have at least 8 characters').max(200)

export const registerInput = z.strictObject({
  email: emailSchema,
  password: newPasswordSchema,
  name: nameSchema.optional(),
  locale: localeSchema.optional(),
})
export const loginInput = z.strictObject({
  email: emailSchema,
  password: z.string().min(1).max(200),
  /** Reserved for a second factor; ignored. */
  code: opaque(20).optional(),
})

export const changePasswordInput = z.strictObject({
  currentPassword: z.string().min(1).max(200),
  newPassword: newPasswordSchema,
})
export const endSessionInput = z.strictObject({ id: idSchema })

/** Input of procedures without parameters: unexpected fields are rejected, not ignored. */
export const noInput = z.strictObject({}).optional()

export type RegisterInput = z.infer<typeof registerInput>
export type LoginInput = z.infer<typeof loginInput>
export type ChangePasswordInput = z.infer<typeof changePasswordInput>

export const roles = ['customer', 'staff'] as const
export type Role = (typeof roles)[number]

export interface User {
  id: string
  email: string
  name: string | null
  locale: Locale
  role: Role
  /** The end of a generated password, which must be changed before; null for a password of the user's own. */
  passwordExpiresAt: Timestamp | null
  createdAt: Timestamp
}

export interface SignedIn {
  user: User
  /** Opaque token for `Authorization: Bearer`. Browsers also receive it as an HttpOnly cookie. */
  token: string
}

/** A session of the caller's account. */
export interface OwnSession {
  id: string
  /** Such as `Chrome, Windows`; null where the client did not say. */
  device: string | null
  createdAt: Timestamp
  /** Accurate to 5 minutes. */
  lastUsedAt: Timestamp
  /** The session of this request. */
  isCurrent: boolean
}

/** Newest first; `cursor` is the `nextCursor` of the previous page. */
export const adminListInput = z.strictObject({ ...pageSchema.shape }).optional()
export type UserPage = Page<User>

/** Newest first. */
export const auditListInput = z
  .strictObject({
    action: opaque(100).optional(),
    actorId: idSchema.optional(),
    subject: opaque(300).optional(),
    ...pageSchema.shape,
  })
  .optional()

/** An action of staff. */
export interface AuditRecord {
  id: number
  at: Timestamp
  /** The account of the staff member. */
  actorId: string
  /** A stable name such as `dead_letter.retry`. */
  action: string
  /** The object of the action, as `kind:id`. */
  subject: string
  detail: Record<string, unknown>
  requestId: string | null
}
export type AuditPage = Page<AuditRecord>
