/** A row, or a cell of it, for which its product was left out. */
export interface RowRejection {
  /** Line of the file on which the row begins; the header stands on line 1. */
  line: number
  handle?: string
  /** Name of the column at fault, as the file has it. */
  field?: string
  reason: string
}

/** `productLine` is the first line of the product that is left out for it. */
export type Reject = (productLine: number, refusal: RowRejection) => void

/** Refusals kept word for word; the rest is counted. */
const listedMax = 1_000

/** What a file was refused for, within bounds: a file may be wrong in every row. */
export class Rejections {
  readonly listed: RowRejection[] = []
  /** First lines of the products that are left out. */
  readonly productLines = new Set<number>()
  total = 0
  #repeats = 0

  /** Different products that are left out. */
  get products(): number {
    return this.productLines.size - this.#repeats
  }

  readonly add: Reject = (productLine, refusal) => {
    this.total += 1
    this.productLines.add(productLine)
    if (this.listed.length < listedMax) this.listed.push(refusal)
  }

  /** Rows of a product that stand apart from its first ones: both parts are left out, and are one product. */
  addRepeated(productLine: number, firstLine: number, refusal: RowRejection): void {
    this.add(productLine, refusal)
    this.productLines.add(firstLine)
    this.#repeats += 1
  }
}
