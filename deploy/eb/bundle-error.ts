/** A bundle that cannot be built; the message says what to do. */
export class BundleError extends Error {
  override name = 'BundleError'
}
