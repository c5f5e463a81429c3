/** Export that is not a Shopify product CSV. */
export interface ForeignExport {
  name: string
  /** `shop`: products of another system. `shopify`: another export of Shopify. */
  kind: 'shop' | 'shopify'
}

/** Columns that together occur in one export only, in lower case. */
const exports: (ForeignExport & { columns: string[] })[] = [
  { name: 'a WooCommerce product export', kind: 'shop', columns: ['type', 'sku', 'name', 'regular price'] },
  { name: 'a WooCommerce product export', kind: 'shop', columns: ['post_title', 'post_name', 'regular_price'] },
  { name: 'a Magento product export', kind: 'shop', columns: ['sku', 'attribute_set_code', 'product_type'] },
  { name: 'a Magento product export', kind: 'shop', columns: ['sku', '_attribute_set', '_type'] },
  { name: 'a BigCommerce product export', kind: 'shop', columns: ['product name', 'product type', 'product code/sku'] },
  { name: 'a BigCommerce product export', kind: 'shop', columns: ['item', 'name', 'type', 'sku', 'price', 'channels'] },
  { name: 'a BigCommerce product export', kind: 'shop', columns: ['item type', 'product name', 'price'] },
  { name: 'a PrestaShop product export', kind: 'shop', columns: ['product id', 'name', 'reference', 'final price'] },
  { name: 'a Wix product export', kind: 'shop', columns: ['handleid', 'fieldtype', 'name', 'price'] },
  { name: 'a Squarespace product export', kind: 'shop', columns: ['product id [non editable]', 'title', 'sku'] },
  { name: 'a Squarespace product export', kind: 'shop', columns: ['product page', 'product url', 'title', 'sku'] },
  {
    name: 'an Etsy listings export',
    kind: 'shop',
    columns: ['title', 'description', 'price', 'currency_code', 'image1'],
  },
  { name: 'an OpenCart product export', kind: 'shop', columns: ['product_id', 'name(en-gb)', 'model', 'price'] },
  {
    name: 'a Google Merchant Center feed',
    kind: 'shop',
    columns: ['id', 'title', 'link', 'image_link', 'availability'],
  },
  { name: 'a Shopify inventory export', kind: 'shopify', columns: ['handle', 'title', 'sku', 'location'] },
  { name: 'a Shopify order export', kind: 'shopify', columns: ['name', 'email', 'financial status', 'lineitem name'] },
  { name: 'a Shopify customer export', kind: 'shopify', columns: ['first name', 'last name', 'email', 'total spent'] },
  { name: 'a Shopify discount export', kind: 'shopify', columns: ['name', 'value', 'times used in total'] },
]

/** The export that has this header, by its column names; null if none is known. */
export function foreignExport(names: string[]): ForeignExport | null {
  const own = new Set(names.map((name) => name.toLowerCase()))
  return exports.find(({ columns }) => columns.every((column) => own.has(column))) ?? null
}
