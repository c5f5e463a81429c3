import { useState } from 'react'
import type { Image } from '../shop/types.ts'
import { Icon } from './icon.tsx'

interface PictureProps {
  image: Image | null | undefined
  /** Width and height it takes, px: a square is reserved before it arrives. */
  size: number
  /** In sight when the page opens, so fetched at once. */
  isFirst?: boolean
  /** The words beside it say what it shows. */
  isDecorative?: boolean
}

/** A product's picture in a square, or a quiet mark where there is none. */
export function Picture({ image, size, isFirst = false, isDecorative = false }: PictureProps) {
  const [brokenUrl, setBrokenUrl] = useState<string | null>(null)
  if (!image || image.url === brokenUrl) {
    return (
      <span className="picture picture-none">
        <Icon name="picture" size={32} />
      </span>
    )
  }
  return (
    <img
      className="picture"
      src={image.url}
      alt={isDecorative ? '' : image.alt}
      width={size}
      height={size}
      loading={isFirst ? 'eager' : 'lazy'}
      fetchPriority={isFirst ? 'high' : 'auto'}
      decoding="async"
      onError={() => setBrokenUrl(image.url)}
    />
  )
}
