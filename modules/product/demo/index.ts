import type { ProductDraft } from '../draft.contract.ts'
import { audioProducts } from './audio.ts'
import { bagProducts } from './bags.ts'
import { deskProducts } from './desk.ts'
import { keyboardProducts } from './keyboards.ts'
import { kitchenProducts } from './kitchen.ts'
import { lightingProducts } from './lighting.ts'
import { powerProducts } from './power.ts'

export { demoCategories } from './categories.ts'
export { pricedIn } from './draft-builder.ts'

/** Demo catalog for a new shop: invented brands, plausible products, and a picture of each under /demo. */
export const demoProducts: ProductDraft[] = [
  ...audioProducts,
  ...keyboardProducts,
  ...deskProducts,
  ...powerProducts,
  ...lightingProducts,
  ...kitchenProducts,
  ...bagProducts,
]
