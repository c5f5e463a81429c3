// The only import of server code: the client is written for browsers and imports nothing else of the server.
// oxlint-disable-next-line no-restricted-imports
import { createClient } from '#client'
import { settings } from '../text/settings.ts'

/** Client of the shop that served this page. HttpOnly cookies identify the session and a guest's orders. */
export const shop = createClient({ url: '', locale: () => settings.get().locale })
