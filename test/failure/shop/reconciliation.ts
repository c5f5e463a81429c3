import { createClient } from '#client'
import { demoAccounts } from '../../../src/demo-accounts.ts'
import { waitFor } from '#test'

const demoStaff = demoAccounts.find(({ role }) => role === 'staff') ?? demoAccounts[0]

/** Runs the shop's reconciliation report as its staff do. @returns the differences, as JSON; empty when there are none */
export async function reconcileBooks(
  url: string,
  staff: { email: string; password: string } = demoStaff,
): Promise<string[]> {
  const guest = createClient({ url })
  const session = await guest.user.login.mutate({ email: staff.email, password: staff.password })
  const { reconciliation } = createClient({ url, token: () => session.token }).order.admin
  // The clocks of the shop and of the provider may be ahead of this process's.
  const minute = 60_000
  const window = {
    from: new Date(Date.now() - 60 * minute).toISOString(),
    to: new Date(Date.now() + 20 * minute).toISOString(),
  }
  const { id } = await reconciliation.run.mutate(window)
  const report = await waitFor(() => reconciliation.get.query({ id }), {
    timeoutMs: 60_000,
    what: 'the reconciliation report',
  })
  return report.differences.map((difference) => JSON.stringify(difference))
}
