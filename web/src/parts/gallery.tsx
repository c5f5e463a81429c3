import { useState } from 'react'
import type { Image, ProductVariant } from '../shop/types.ts'
import { useText } from '../text/use-text.ts'
import { Picture } from './picture.tsx'

/**
 * The pictures of a product: one large, chosen by the small ones below it or by selecting a variant. A variant without a
 * picture of its own leaves the chosen one.
 */
export function Gallery({ images, variant }: { images: Image[]; variant: ProductVariant | undefined }) {
  const text = useText()
  const [chosen, setChosen] = useState(variant?.image ?? 0)
  const [shownSku, setShownSku] = useState(variant?.sku)
  if (variant?.sku !== shownSku) {
    setShownSku(variant?.sku)
    setChosen(variant?.image ?? chosen)
  }
  const index = Math.min(chosen, Math.max(0, images.length - 1))
  return (
    <div className="product-media">
      <Picture key={images[index]?.url} image={images[index]} size={640} isFirst />
      {images.length > 1 && (
        <ul className="thumbnails">
          {images.map((image, position) => (
            <li key={image.url}>
              <button
                type="button"
                className="thumbnail"
                aria-label={text.product.showPicture(position + 1, images.length, image.alt)}
                aria-current={position === index}
                onClick={() => setChosen(position)}
              >
                <Picture image={image} size={96} isDecorative />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
