import { useState } from 'react'
import { Link } from '../route/link.tsx'
import { navigate } from '../route/router.ts'
import { addToCart, type AddOutcome } from '../shop/cart.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import type { Product, ProductVariant } from '../shop/types.ts'
import { useWriting } from '../shop/maintenance.ts'
import { useText } from '../text/use-text.ts'
import { Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'
import { Price } from './price.tsx'

/** Stock up to which the number of units left is shown. */
const lowStockMax = 5

/** The variant with this option value that shares most options with the current one, preferably in stock. */
function variantWith(
  product: Product,
  change: { name: string; value: string; from: ProductVariant },
): ProductVariant | undefined {
  const { name, value, from } = change
  const similarity = (variant: ProductVariant) =>
    Object.entries(variant.options).filter(([option, chosen]) => from.options[option] === chosen).length * 2 +
    (variant.available > 0 ? 1 : 0)
  return product.variants
    .filter(({ options }) => options[name] === value)
    .toSorted((a, b) => similarity(b) - similarity(a))[0]
}

/** Price, variants, stock and the cart button. The address names the selected variant, so that it can be linked. */
export function BuyBox({ product, variant }: { product: Product; variant: ProductVariant }) {
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
      <Availability variant={variant} isOneOfMany={product.variants.length > 1} />
      <AddToCart key={variant.sku} variant={variant} />
    </div>
  )
}

function Availability({ variant, isOneOfMany }: { variant: ProductVariant; isOneOfMany: boolean }) {
  const { available, isBackorder } = variant
  const text = useText()
  if (available === 0) {
    return <p className="stock stock-none">{isOneOfMany ? text.product.soldOutText : text.product.soldOut}</p>
  }
  if (isBackorder) return <p className="stock stock-few">{text.product.backorder}</p>
  return (
    <p className={available <= lowStockMax ? 'stock stock-few' : 'stock'}>
      {available <= lowStockMax ? text.product.fewLeft(available) : text.product.inStock}
    </p>
  )
}

type AddState =
  | { phase: 'idle' | 'adding' }
  | { phase: 'added'; outcome: AddOutcome }
  | { phase: 'failed'; failure: Failure }

function AddToCart({ variant }: { variant: ProductVariant }) {
  const text = useText()
  const writing = useWriting()
  const [addState, setAddState] = useState<AddState>({ phase: 'idle' })

  async function add(): Promise<void> {
    if (addState.phase === 'adding') return
    setAddState({ phase: 'adding' })
    try {
      const outcome = await addToCart({ sku: variant.sku, quantity: 1, available: variant.available })
      setAddState({ phase: 'added', outcome })
    } catch (error) {
      setAddState({ phase: 'failed', failure: failureOf(error) })
    }
  }

  const isShort = addState.phase === 'added' && addState.outcome.added === 0

  return (
    <>
      <button
        type="button"
        className="button button-large button-wide"
        {...writing}
        disabled={variant.available === 0 || writing.disabled}
        aria-busy={addState.phase === 'adding'}
        onClick={() => void add()}
      >
        {variant.available === 0
          ? text.product.soldOut
          : addState.phase === 'adding'
            ? text.product.adding
            : text.product.addToCart}
      </button>
      <p className={isShort ? 'buy-outcome buy-outcome-short' : 'buy-outcome'} role="status">
        {addState.phase === 'added' && (
          <>
            {isShort ? text.product.noMore(addState.outcome.inCart, addState.outcome.available) : text.product.added}{' '}
            <Link href="/cart">{text.product.viewCart}</Link>
          </>
        )}
      </p>
      {addState.phase === 'failed' && <Notice kind="error">{failureText(text, addState.failure)}</Notice>}
    </>
  )
}
