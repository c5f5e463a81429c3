import { useEffect, type ReactNode } from 'react'
import { shopInfo } from '../shop/shop-info.ts'
import { useStore } from '../shop/store.ts'

interface PageProps {
  /** Title of the browser tab, completed by the shop's name. Undefined while it is not known. */
  title: string | undefined
  className?: string
  children: ReactNode
}

/** The frame of every page: sets the document's title. */
export function Page({ title, className = '', children }: PageProps) {
  const { name: shopName } = useStore(shopInfo)
  useEffect(() => {
    document.title = title === undefined ? shopName : `${title} · ${shopName}`
  }, [title, shopName])
  return <div className={`page ${className}`}>{children}</div>
}
