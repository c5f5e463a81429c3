import { v4 as uuidv4 } from 'uuid'
import { AppError } from '#errors'
import { customerProcedure, publicProcedure, router } from '#rpc'
import type { Services } from '#services'
import {
  cartApplyCodeInput,
  cartClaimInput,
  cartCreateInput,
  cartCurrentInput,
  cartGetInput,
  cartSetLineInput,
  type Cart,
  type ClaimedCart,
} from '../contract.ts'
import { requireCart } from './cart.access.ts'
import type { CartActor } from './cart.actor.ts'
import type { CartMessage } from './cart.rules.ts'
import type { CartState } from './cart.state.ts'
import { findOpenCart, loadCarts } from './cart.store.ts'
import { cartView, requireSellable } from './cart.view.ts'
import { claimInTransaction } from './claim.store.ts'

/** `order.cart.*` */
export function createCartRouter(services: Services, actor: CartActor) {
  const { config, database } = services

  async function ask(id: string, message: CartMessage): Promise<CartState> {
    const reply = await services.actors().ask(actor, { id, message })
    if (!('cart' in reply)) throw new Error('the cart actor has not replied with a cart')
    return reply.cart
  }

  return router({
    create: publicProcedure.input(cartCreateInput).mutation(async ({ ctx, input }): Promise<Cart> => {
      const session = await ctx.session()
      const currency = requireCurrency(config, input?.currency)
      const locale = input?.locale ?? session?.locale ?? 'en'
      const lines = input?.lines ?? []
      await requireSellable(services, {
        lines: lines.map(({ sku }, index) => ({ sku, field: `lines.${index}.sku` })),
        currency,
      })
      return cartView(
        services,
        await ask(uuidv4(), { type: 'create', userId: session?.userId ?? null, currency, locale, lines }),
      )
    }),

    get: publicProcedure
      .input(cartGetInput)
      .query(async ({ ctx, input }): Promise<Cart> =>
        cartView(services, await requireCart(services, ctx, input.cartId)),
      ),

    /** The account's open cart that was changed last, on whichever device; null while it has none with lines. */
    current: customerProcedure.input(cartCurrentInput).query(async ({ ctx }): Promise<Cart | null> => {
      const id = await findOpenCart(database.query, ctx.caller.userId)
      const cart = id === undefined ? undefined : (await loadCarts(database.query, [id])).get(id)
      return cart === undefined ? null : cartView(services, cart)
    }),

    setLine: publicProcedure.input(cartSetLineInput).mutation(async ({ ctx, input }): Promise<Cart> => {
      const { cartId, sku, quantity } = input
      const cart = await requireCart(services, ctx, cartId)
      if (quantity > 0) await requireSellable(services, { lines: [{ sku, field: 'sku' }], currency: cart.currency })
      // The caller's own id, not the cart's: the cart may become the caller's before its turn.
      const userId = (await ctx.session())?.userId ?? null
      return cartView(services, await ask(cartId, { type: 'setLine', userId, sku, quantity }))
    }),

    /** There are no promotions yet, so no code is valid. */
    applyCode: publicProcedure.input(cartApplyCodeInput).mutation(async ({ ctx, input }): Promise<Cart> => {
      await requireCart(services, ctx, input.cartId)
      throw new AppError('code_unknown', { field: 'code' })
    }),

    /** A guest's cart becomes the caller's after a login, and takes the lines of the caller's open cart. */
    claim: customerProcedure.input(cartClaimInput).mutation(async ({ ctx, input }): Promise<ClaimedCart> => {
      const { cart, notTaken } = await claimInTransaction(database, {
        cartId: input.cartId,
        userId: ctx.caller.userId,
      })
      return { ...(await cartView(services, cart)), notTaken }
    }),
  })
}

function requireCurrency({ SHOP_CURRENCIES: currencies }: Services['config'], wanted: string | undefined): string {
  const currency = wanted ?? currencies[0] ?? 'USD'
  if (!currencies.includes(currency)) {
    throw new AppError('unsupported_currency', {
      field: 'currency',
      message: `The shop sells in ${currencies.join(', ')}.`,
    })
  }
  return currency
}
