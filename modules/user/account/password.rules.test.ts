import { describe, expect, test } from 'vitest'
import { rejectWeakPassword } from './password.rules.ts'

const owner = { email: 'ann.lee@example.com', shopName: 'Holdfast' }

describe('a password is rejected as weak', () => {
  test.each([
    ['on the list of common passwords', 'password'],
    ['common, in capitals', 'PASSWORD1'],
    ['common digits', '12345678'],
    ['common, in full-width letters', 'ｐａｓｓｗｏｒｄ'],
    ['a repetition', 'abcabcabcabc'],
    ['one character', 'aaaaaaaaaa'],
    ["the shop's name", 'holdfast'],
    ["the shop's name with a number", 'Holdfast2026'],
    ['the e-mail address', 'Ann.Lee@example.com'],
    ["the e-mail's local part", 'ann-lee!'],
    ["the e-mail's local part with a number", 'annlee1984'],
  ])('that is %s', async (_, password) => {
    await expect(rejectWeakPassword(password, owner)).rejects.toMatchObject({
      code: 'password_weak',
      field: 'password',
    })
  })
})

test.each(['correct horse battery', 'Tr0ub4dor&3x', '马订书钉电池正确', 'holdfast is a strap on a boat', 'q8#Vz1!pLw'])(
  'a password that is hard to guess is accepted without rules of composition: %s',
  async (password) => {
    await rejectWeakPassword(password, owner)
    await expect(rejectWeakPassword('password', owner, 'newPassword')).rejects.toMatchObject({ field: 'newPassword' })
  },
)
