import { AccountForm } from '../parts/account-form.tsx'
import { Page } from '../parts/page.tsx'
import { Link } from '../route/link.tsx'
import { useRoute } from '../route/router.ts'
import { logIn } from '../shop/account.ts'
import { useText } from '../text/use-text.ts'

export function LoginPage() {
  const text = useText()
  const { query } = useRoute()
  return (
    <Page title={text.account.logIn} className="page-form">
      <h1>{text.account.logInTitle}</h1>
      <AccountForm
        isNew={false}
        submitLabel={text.account.logIn}
        busyLabel={text.account.loggingIn}
        onSubmit={({ email, password }) => logIn({ email, password })}
      >
        {text.account.newHere} <Link href={`/register?${query.toString()}`}>{text.account.register}</Link>
      </AccountForm>
    </Page>
  )
}
