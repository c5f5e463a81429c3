import { shopInfo } from '../shop/shop-info.ts'
import { useStore } from '../shop/store.ts'

export const ShopName = () => <span>{useStore(shopInfo).name}</span>
