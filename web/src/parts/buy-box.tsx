import { useState } from 'react'
import { Link } from '../route/link.tsx'
import { navigate, usePlace } from '../route/router.ts'
import { addToCart } from '../shop/cart.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import type { Product, ProductVariant } from '../shop/types.ts'
import { useText } from '../text/use-text.ts'
import { failureText, Notice } from './notice.tsx'
import { Price } from './price.tsx'

/** At most this many pieces are worth a hurry. */
const fewMax = 5

/** The version in the address, else the first that can be bought. */
const chosenVariant = (product: Product, sku: string | null): ProductVariant | undefined =>
  product.variants.find((variant) => variant.sku === sku) ??
  product.variants.find(({ available }) => available > 0) ??
  product.variants[0]

/** The version with this value that shares most with the one before; in stock rather than not. */
function variantWith(
  product: Product,
  change: { name: string; value: string; from: ProductVariant },
): ProductVariant | undefined {
  const { name, value, from } = change
  const likeness = (variant: ProductVariant) =>
    Object.entries(variant.options).filter(([option, its]) => from.options[option] === its).length * 2 +
    (variant.available > 0 ? 1 : 0)
  return product.variants
    .filter(({ options }) => options[name] === value)
    .toSorted((a, b) => likeness(b) - likeness(a))[0]
}

/** Price, versions, stock and the button. The chosen version stands in the address, so that a link leads to it. */
export function BuyBox({ product }: { product: Product }) {
  const { query } = usePlace()
  const variant = chosenVariant(product, query.get('variant'))
  if (variant === undefined) return null
  const choose = (next: ProductVariant | undefined) => {
    if (next)
      navigate(`/p/${encodeURIComponent(product.slug)}?variant=${encodeURIComponent(next.sku)}`, {
        isReplacement: true,
      })
  }
  return (
    <div className="buy-box">
      <p className="buy-price">
        <Price price={variant.price} compareAt={variant.compareAt} />
      </p>
      {product.options.map(({ name, values }) => (
        <fieldset className="option" key={name}>
          <legend>
            {name}: <span>{variant.options[name]}</span>
          </legend>
          <div className="option-values">
            {values.map((value) => {
              const target = variantWith(product, { name, value, from: variant })
              return (
                <label
                  key={value}
                  className={target === undefined || target.available === 0 ? 'pick pick-gone' : 'pick'}
                >
                  <input
                    type="radio"
                    name={name}
                    checked={variant.options[name] === value}
                    disabled={target === undefined}
                    onChange={() => choose(target)}
                  />
                  <span>{value}</span>
                </label>
              )
            })}
          </div>
        </fieldset>
      ))}
      <Availability available={variant.available} isOneOfMany={product.variants.length > 1} />
      <AddToCart key={variant.sku} variant={variant} />
    </div>
  )
}

function Availability({ available, isOneOfMany }: { available: number; isOneOfMany: boolean }) {
  const text = useText()
  if (available === 0) {
    return <p className="stock stock-none">{isOneOfMany ? text.product.soldOutText : text.product.soldOut}</p>
  }
  return (
    <p className={available <= fewMax ? 'stock stock-few' : 'stock'}>
      {available <= fewMax ? text.product.fewLeft(available) : text.product.inStock}
    </p>
  )
}

type Adding = { phase: 'idle' | 'adding' | 'added' } | { phase: 'failed'; failure: Failure }

function AddToCart({ variant }: { variant: ProductVariant }) {
  const text = useText()
  const [adding, setAdding] = useState<Adding>({ phase: 'idle' })

  async function add(): Promise<void> {
    if (adding.phase === 'adding') return
    setAdding({ phase: 'adding' })
    try {
      await addToCart(variant.sku, 1)
      setAdding({ phase: 'added' })
    } catch (error) {
      setAdding({ phase: 'failed', failure: failureOf(error) })
    }
  }

  return (
    <>
      <button
        type="button"
        className="button button-large button-wide"
        disabled={variant.available === 0}
        aria-busy={adding.phase === 'adding'}
        onClick={() => void add()}
      >
        {variant.available === 0
          ? text.product.soldOut
          : adding.phase === 'adding'
            ? text.product.adding
            : text.product.addToCart}
      </button>
      <p className="buy-outcome" role="status">
        {adding.phase === 'added' && (
          <>
            {text.product.added} <Link href="/cart">{text.product.viewCart}</Link>
          </>
        )}
      </p>
      {adding.phase === 'failed' && <Notice kind="error">{failureText(text, adding.failure)}</Notice>}
    </>
  )
}
