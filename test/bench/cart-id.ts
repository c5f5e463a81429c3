import { createHash } from 'node:crypto'

/** The id of a prepared cart: a UUID derived from prefix and number, here and in Postgres ({@link cartIdSql}) alike. */
export const cartId = (prefix: string, n: number): string =>
  createHash('md5')
    .update(`${prefix}-${n}`)
    .digest('hex')
    .replace(/(.{8})(.{4}).(.{3}).(.{3})(.{12})/, '$1-$2-4$3-8$4-$5')

/** SQL expression for {@link cartId}; both parameters are SQL expressions. */
export const cartIdSql = (prefix: string, n: string): string =>
  `overlay(overlay(md5(${prefix} || '-' || ${n}) placing '4' from 13) placing '8' from 17)::uuid`
