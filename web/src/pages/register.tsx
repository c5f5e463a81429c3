import { AccountForm } from '../parts/account-form.tsx'
import { Page } from '../parts/page.tsx'
import { Link } from '../route/link.tsx'
import { useRoute } from '../route/router.ts'
import { register } from '../shop/account.ts'
import { useText } from '../text/use-text.ts'

export function RegisterPage() {
  const text = useText()
  const { query } = useRoute()
  return (
    <Page title={text.account.register} className="page-form">
      <h1>{text.account.registerTitle}</h1>
      <p className="lead">{text.account.why}</p>
      <AccountForm
        isNew
        submitLabel={text.account.register}
        busyLabel={text.account.registering}
        onSubmit={({ email, password, name }) => register({ email, password, ...(name !== '' && { name }) })}
      >
        {text.account.already} <Link href={`/login?${query.toString()}`}>{text.account.logIn}</Link>
      </AccountForm>
    </Page>
  )
}
