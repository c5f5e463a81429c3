import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/tokens.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/catalog.css'
import './styles/forms.css'
import './styles/order.css'
import { App } from './app.tsx'
import { startRouter } from './route/router.ts'
import { followOtherTabs, loadCart } from './shop/cart.ts'
import { startSession } from './shop/session.ts'

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html lacks #root')

startRouter()
followOtherTabs()
void loadCart()
void startSession()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
