import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/frame.css'
import './styles/header.css'
import './styles/forms.css'
import './styles/notices.css'
import './styles/cards.css'
import './styles/home.css'
import './styles/lists.css'
import './styles/product.css'
import './styles/cart.css'
import './styles/order.css'
import { App } from './app.tsx'
import { startRouter } from './route/router.ts'
import { startAccount, syncAccountAcrossTabs } from './shop/account.ts'
import { syncCartAcrossTabs } from './shop/cart.ts'
import { startShopInfo } from './shop/load-shop-info.ts'

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html lacks #root')

startRouter()
syncCartAcrossTabs()
syncAccountAcrossTabs()
void startAccount()
await startShopInfo()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
