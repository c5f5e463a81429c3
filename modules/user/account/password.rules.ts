import { AppError } from '#errors'
import { normaliseEmail } from './email-address.ts'

/** The owner of a password, and what else an attacker would try first. */
interface PasswordOwner {
  email: string
  shopName: string
}

/**
 * Rejects passwords that an attacker tries first: those on the list of common passwords, and the owner's address and the
 * shop's name, also with a few characters around them (NIST SP 800-63B, ASVS 6.2.4).
 * @throws AppError `password_weak`, with what to do
 */
export async function rejectWeakPassword(
  password: string,
  { email, shopName }: PasswordOwner,
  field = 'password',
): Promise<void> {
  const text = normaliseEmail(password).normalize('NFKC')
  const letters = lettersOf(text)
  const words = [email, email.split('@')[0] ?? '', shopName].map((word) => lettersOf(normaliseEmail(word)))
  const isOwnWord = words.some((word) => word.length >= 3 && isMadeOf(letters, word))
  if (isOwnWord || isRepetition(text) || (await commonPasswords()).has(text))
    throw new AppError('password_weak', { field })
}

/** Letters and digits, since others are what people put between words. */
const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '')

/** Characters that make no difference to an attacker who knows the word. */
const surroundingMax = 4
const isMadeOf = (letters: string, word: string): boolean => {
  const rest = letters.replaceAll(word, '')
  return rest.length < letters.length && rest.length <= surroundingMax
}

const isRepetition = (text: string): boolean => /^(.{1,3})\1+$/u.test(text)

let loading: Promise<ReadonlySet<string>> | undefined

/** The list is loaded when the first password is chosen: most processes and commands need it never. */
const commonPasswords = (): Promise<ReadonlySet<string>> =>
  (loading ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'].filter((word) => word.length >= 8)),
  ))
