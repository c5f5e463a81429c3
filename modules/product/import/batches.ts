import type { ParsedProduct } from './product-builder.ts'

const productsMax = 100
const variantsMax = 2_000

/** Groups products into batches, so that one statement serves many. A batch is bounded in products and in variants. */
export async function* batchesOf<Product extends ParsedProduct>(
  products: AsyncIterable<Product>,
): AsyncGenerator<Product[]> {
  let batch: Product[] = []
  let variants = 0
  for await (const product of products) {
    batch.push(product)
    variants += product.variants.length
    if (batch.length < productsMax && variants < variantsMax) continue
    yield batch
    batch = []
    variants = 0
  }
  if (batch.length > 0) yield batch
}
