import { Breadcrumb } from '../parts/breadcrumb.tsx'
import { BuyBox } from '../parts/buy-box.tsx'
import { Description } from '../parts/description.tsx'
import { Gallery } from '../parts/gallery.tsx'
import { FailureNotice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { ProductCard } from '../parts/product-card.tsx'
import { useRoute } from '../route/router.ts'
import { useQuery } from '../shop/query.ts'
import { shop } from '../shop/client.ts'
import { useStore } from '../shop/store.ts'
import type { Product, ProductVariant } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'
import { NotFoundPage } from './not-found.tsx'

/** The product page: pictures, price, variants and related products. */
export function ProductPage({ slug }: { slug: string }) {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const product = useQuery(`product ${slug} ${locale} ${currency}`, () =>
    shop.product.get.query({ slug, locale, currency }),
  )
  if (product.failure?.code === 'not_found' || product.failure?.code === 'bad_input')
    return <NotFoundPage title={text.product.gone} />
  if (product.failure) {
    return (
      <Page title={undefined}>
        <FailureNotice failure={product.failure} onRetry={product.retry} />
      </Page>
    )
  }
  if (product.data === undefined) return <ProductSkeleton />
  return <ProductView product={product.data} />
}

/** The variant named in the address, else the first in stock. */
const selectedVariant = (product: Product, sku: string | null): ProductVariant | undefined =>
  product.variants.find((variant) => variant.sku === sku) ??
  product.variants.find(({ available }) => available > 0) ??
  product.variants[0]

function ProductView({ product }: { product: Product }) {
  const text = useText()
  const { query } = useRoute()
  const variant = selectedVariant(product, query.get('variant'))
  const attributes = Object.entries(product.attributes)
  return (
    <Page title={product.title}>
      <Breadcrumb steps={product.categories} />
      <article className="product">
        <Gallery key={product.id} images={product.media} variant={variant} />
        <div className="product-words">
          {product.brand !== null && <p className="card-brand">{product.brand}</p>}
          <h1>{product.title}</h1>
          {variant && <BuyBox product={product} variant={variant} />}
          <Description text={product.description} />
          {attributes.length > 0 && (
            <section>
              <h2>{text.product.details}</h2>
              <dl className="attributes">
                {attributes.map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            </section>
          )}
        </div>
      </article>
      <Related id={product.id} />
    </Page>
  )
}

/** Related products; hidden when the query fails or is empty. */
function Related({ id }: { id: string }) {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const { data } = useQuery(`related ${id} ${locale} ${currency}`, () =>
    shop.product.related.query({ id, limit: 4, locale, currency }),
  )
  if (data === undefined || data.items.length === 0) return null
  return (
    <section aria-labelledby="related-title">
      <h2 id="related-title">{text.product.related}</h2>
      <ul className="grid">
        {data.items.map((card) => (
          <li key={card.id}>
            <ProductCard card={card} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function ProductSkeleton() {
  const text = useText()
  return (
    <Page title={undefined}>
      <div className="breadcrumb skeleton skeleton-line skeleton-short" />
      <div className="product" role="status" aria-label={text.loading}>
        <div className="product-media">
          <div className="picture skeleton" />
        </div>
        <div className="product-words">
          <div className="skeleton skeleton-line skeleton-short" />
          <div className="skeleton skeleton-title" />
          <div className="skeleton skeleton-line" />
          <div className="skeleton skeleton-line" />
        </div>
      </div>
    </Page>
  )
}
