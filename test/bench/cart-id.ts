import { createHash } from 'node:crypto'

/** The id of a prepared cart: of UUID's form, made of its name in the same way here and in Postgres ({@link cartIdSql}). */
export const cartId = (prefix: string, n: number): string =>
  createHash('md5')
    .update(`${prefix}-${n}`)
    .digest('hex')
    .replace(/(.{8})(.{4}).(.{3}).(.{3})(.{12})/, '$1-$2-4$3-8$4-$5')

export const cartIdSql = (prefix: string, n: string): string =>
  `overlay(overlay(md5(${prefix} || '-' || ${n}) placing '4' from 13) placing '8' from 17)::uuid`
