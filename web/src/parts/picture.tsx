import { useState } from 'react'
import type { Image } from '../shop/types.ts'
import { Icon } from './icon.tsx'

interface PictureProps {
  image: Image | null | undefined
  /** Width and height, px. The square is reserved before the image loads. */
  size: number
  /** Visible when the page opens, so loaded eagerly with high priority. */
  isFirst?: boolean
  /** The text beside it describes the picture. */
  isDecorative?: boolean
}

/** A product's picture in a square; an icon when it is missing or broken. */
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
