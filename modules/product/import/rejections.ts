/** Rejected row or cell, because of which the whole product is not imported; or a row that is imported with a warning. */
export interface RowRejection {
  /** Line of the file on which the row begins; the header is line 1. */
  line: number
  handle?: string
  /** Name in the file of the column at fault. */
  field?: string
  reason: string
}

/** Records a rejection; `productLine` is the first line of the rejected product. */
export type Reject = (productLine: number, rejection: RowRejection) => void

/** Rows listed in full; further ones are only counted. */
const listedMax = 1_000

/** Warnings of one file. The list is bounded, since every row of a file can have one. */
export class Warnings {
  readonly listed: RowRejection[] = []
  total = 0

  readonly add = (warning: RowRejection): void => {
    this.total += 1
    if (this.listed.length < listedMax) this.listed.push(warning)
  }
}

/** Rejections of one file. The list is bounded; `sink` gets all of them. */
export class Rejections {
  readonly listed: RowRejection[] = []
  /** First lines of the rejected products. */
  readonly productLines = new Set<number>()
  total = 0
  #repeats = 0
  readonly #sink: (rejection: RowRejection) => void

  constructor(sink: (rejection: RowRejection) => void) {
    this.#sink = sink
  }

  /** Number of rejected products. */
  get products(): number {
    return this.productLines.size - this.#repeats
  }

  readonly add: Reject = (productLine, rejection) => {
    this.total += 1
    this.productLines.add(productLine)
    this.#sink(rejection)
    if (this.listed.length < listedMax) this.listed.push(rejection)
  }

  /** Rejects a product whose rows are not contiguous: both parts are rejected and count as one product. */
  addRepeated(productLine: number, firstLine: number, rejection: RowRejection): void {
    this.add(productLine, rejection)
    this.productLines.add(firstLine)
    this.#repeats += 1
  }
}
