/** Languages of the shop. Text without a translation falls back to English. */
export const locales = ['en', 'zh'] as const
export type Locale = (typeof locales)[number]
