/** Damage that a spreadsheet or a wrong encoding leaves in a file. Such rows are imported with a warning. */

/** Reason why a SKU looks damaged; null if it does not. */
export const damagedSku = (sku: string): string | null =>
  /^\d(?:[.,]\d+)?E\+\d+$/i.test(sku)
    ? `"${sku}" is a number that a spreadsheet has shortened; format the column as text and export again`
    : null

/** Characters of windows-1252 beyond ASCII that stand for the continuation bytes of UTF-8. */
const continuation =
  '[\\u0080-\\u00bf\\u0152\\u0153\\u0160\\u0161\\u0178\\u017d\\u017e\\u0192\\u02c6\\u02dc\\u2013\\u2014\\u2018-\\u201a\\u201c-\\u201e\\u2020-\\u2022\\u2026\\u2030\\u2039\\u203a\\u20ac\\u2122]'
/** UTF-8 that was read as windows-1252 (`Ã¼`, `â€™`) or GBK, and the mark of a lost character. */
const misread = new RegExp(`Ã${continuation}|Â[\\u0080-\\u00bf]|â(?:€|„¢|‚¬)|ï»¿|ðŸ${continuation}|\uFFFD|锟斤拷`)

/** Reason why a text looks as if it was read in a wrong encoding; null if it does not. */
export function damagedText(text: string): string | null {
  const at = text.search(misread)
  if (at < 0) return null
  const excerpt = text.slice(Math.max(0, at - 10), at + 12).replaceAll(/\s+/g, ' ')
  return `"${excerpt}" looks like text in a wrong encoding; export the file again as CSV UTF-8`
}
