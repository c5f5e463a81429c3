// The one function that the web takes from the server's side: it is written for browsers, and brings nothing else along.
// oxlint-disable-next-line no-restricted-imports
import { createClient } from '#client'
import { settings } from '../text/settings.ts'

/** The shop that served this page. Sessions and guests' orders travel as HttpOnly cookies. */
export const shop = createClient({ url: '', locale: () => settings.get().locale })
