import type { Config } from '#config'
import { AppError } from '#errors'
import { consumeOrReject, type RateLimits } from '#rate-limit'

/** The parties of a login that are limited. */
export interface LoginSubject {
  email: string
  /** The network of the client. */
  network: string
  /** The id of the device, if it has logged in to this account before. */
  device: string | undefined
}

/** Login throttling, by network, by account and device, and by account. */
export interface LoginLimits {
  /**
   * Counts a login before its result is known, so that concurrent guesses cannot exceed a limit. A wrong password stays
   * counted. A right one counts for the network's total alone. Any other error is not counted.
   * @throws AppError `too_many_requests`, without calling `work`; else what `work` throws
   */
  limit<T>(subject: LoginSubject, work: () => Promise<T>): Promise<T>
}

const seconds = 15 * 60
/** A network may be an office or a mobile operator: its failures are this many times those of one account. */
const failuresPerNetwork = 5
/** Right logins cost a hash and a session each. */
const loginsPerNetwork = 20
/** Failures of all unknown devices together at one account. */
const failuresPerAccount = 3

export function createLoginLimits({ LOGIN_ATTEMPTS }: Config, rateLimits: RateLimits): LoginLimits {
  const define = (name: string, points: number) => rateLimits.define({ name, points, seconds })
  const total = define('login-network-total', LOGIN_ATTEMPTS * loginsPerNetwork)
  const ofNetwork = define('login-network', LOGIN_ATTEMPTS * failuresPerNetwork)
  const ofDevice = define('login-account-device', LOGIN_ATTEMPTS)
  const ofAccount = define('login-account', LOGIN_ATTEMPTS * failuresPerAccount)

  return {
    async limit({ email, network, device }, work) {
      // An unknown device is known by its network.
      const deviceAttempt = { limit: ofDevice, key: `${device ?? network} ${email}` }
      const guesses = [
        { limit: ofNetwork, key: network },
        ...(device === undefined ? [{ limit: ofAccount, key: email }] : []),
      ]
      const attempts = [{ limit: total, key: network }, deviceAttempt, ...guesses]
      await consumeOrReject(...attempts)
      const refund = (refunded: typeof attempts) => Promise.all(refunded.map(({ limit, key }) => limit.refund(key)))
      try {
        const result = await work()
        await Promise.all([refund(guesses), ofDevice.reset(deviceAttempt.key)])
        return result
      } catch (error) {
        const isGuess = error instanceof AppError && error.code === 'login_failed'
        if (!isGuess) await refund(attempts)
        throw error
      }
    },
  }
}
