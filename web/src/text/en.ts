import { enBuying } from './en-buying.ts'

/** All texts of the pages in English. The type `Text` makes zh.ts have the same keys. */
export const en = {
  tagline: 'Well-made things that stay with you',
  skipToContent: 'Skip to content',
  testShop: 'Test shop. No real money.',
  maintenance:
    'The shop is being maintained. You can look around; ordering and changes will work again in some minutes.',
  currency: 'Currency',
  loading: 'Loading…',
  retry: 'Try again',
  close: 'Close',

  nav: {
    label: 'Categories',
    search: 'Search',
    searchPlaceholder: 'Search keyboards, lamps, mugs…',
    suggestions: 'Suggestions',
    cart: 'Cart',
    cartWith: (count: number) => `Cart, ${count} ${count === 1 ? 'item' : 'items'}`,
    account: 'Account',
    logIn: 'Log in',
    register: 'Create account',
    orders: 'Your orders',
    logOut: 'Log out',
    home: 'Start page',
    breadcrumb: 'You are here',
  },

  home: {
    heroTitle: 'Good things, held fast.',
    heroText:
      'Keyboards, lamps, headphones and kettles from makers who expect to repair them. Chosen to be used every day, for years.',
    heroAction: 'See what is new',
    categories: 'Shop by category',
    newest: 'New in the shop',
    promises: [
      ['Delivered in 3 to 5 days', 'Express on the next working day.'],
      ['Your order is safe with us', 'Accepted once, charged once, whatever breaks.'],
      ['Pay when it works', 'If a card is declined, your things wait for you.'],
    ] as [string, string][],
  },

  list: {
    loadMore: 'Show more',
    shown: (shown: number) => `${shown} products shown`,
    empty: 'Nothing here yet',
    emptyText: 'Have a look at the other categories.',
    sort: 'Sort by',
    sorts: {
      relevance: 'Best match',
      newest: 'Newest',
      price_asc: 'Price, low to high',
      price_desc: 'Price, high to low',
      title: 'Name',
    },
    all: 'All',
    soldOut: 'Sold out',
    was: 'Before:',
    sale: 'Sale',
  },

  search: {
    title: (q: string) => `Results for “${q}”`,
    start: 'What are you looking for?',
    startText: 'Type a word into the search field: a thing, a brand, a colour.',
    total: (total: number) => `${total} ${total === 1 ? 'result' : 'results'}`,
    didYouMean: 'Did you mean',
    questionMark: '?',
    filters: 'Filters',
    clear: 'Clear filters',
    category: 'Category',
    brand: 'Brand',
    inStock: 'In stock only',
    none: (q: string) => `Nothing found for “${q}”`,
    noneText: 'Check the spelling, try a shorter word, or leave out a filter.',
  },

  product: {
    addToCart: 'Add to cart',
    adding: 'Adding…',
    added: 'In your cart.',
    noMore: (inCart: number, available: number) =>
      `Nothing was added: you have ${inCart} in your cart, and ${available} ${available === 1 ? 'is' : 'are'} available.`,
    viewCart: 'View cart',
    inStock: 'In stock',
    backorder: 'On back order: we send it when it comes in.',
    fewLeft: (left: number) => `Only ${left} left`,
    soldOut: 'Sold out',
    soldOutText: 'This version is sold out. Others may be in stock.',
    quantity: 'Quantity',
    showPicture: (position: number, count: number, alt: string) => `Show picture ${position} of ${count}: ${alt}`,
    details: 'Details',
    related: 'You may also like',
    gone: 'This product is not sold here any more.',
  },

  cart: {
    title: 'Your cart',
    empty: 'Your cart is empty',
    emptyText: 'Things you add will wait for you here.',
    browse: 'Look around the shop',
    remove: 'Remove',
    removeNamed: (title: string) => `Remove ${title}`,
    fewer: 'One fewer',
    more: 'One more',
    each: (price: string) => `${price} each`,
    reduced: (available: number) => `Only ${available} available: the quantity is now ${available}.`,
    short: (available: number) => `Only ${available} left.`,
    takeAvailable: (available: number) => `Take ${available}`,
    unavailable: 'Sold out. Remove it to go on.',
    shortNotice: 'Some things are no longer in stock as ordered. Adjust them to check out.',
    checkout: 'Check out',
    shippingLater: 'Delivery and tax are worked out with your address.',
    updated: 'Cart updated.',
    summary: 'Summary',
    notTaken: (count: number) =>
      count === 1 ? 'One thing stays in your earlier cart' : `${count} things stay in your earlier cart`,
    notTakenText:
      'They are in another currency, or this cart has no room for them. Order this cart first, or go on with the other.',
    toEarlierCart: 'Go to the earlier cart',
    currencyFailed: (wanted: string, kept: string) =>
      `Your cart could not be changed to ${wanted}: prices stay in ${kept}`,
    notSoldIn: (title: string, currency: string) =>
      `${title} is not sold in ${currency}. Remove it from the cart, or order the cart first.`,
  },

  totals: {
    items: 'Items',
    discount: 'Discount',
    shipping: 'Delivery',
    free: 'Free',
    tax: 'Tax',
    taxIncluded: 'Including tax of',
    total: 'Total',
  },

  form: {
    required: 'Please fill this in.',
    emailInvalid: 'This does not look like an e-mail address.',
    passwordShort: 'Use at least 8 characters.',
    invalid: 'Please check this field.',
    fix: 'Please check the marked fields.',
    optional: 'optional',
    email: 'E-mail',
    password: 'Password',
    passwordHint: 'At least 8 characters.',
    showPassword: 'Show',
    hidePassword: 'Hide',
    name: 'Full name',
    line1: 'Street and number',
    line2: 'Flat, floor',
    company: 'Company',
    choose: 'Choose …',
    example: (example: string) => `For example ${example}`,
    country: 'Country or region',
    phone: 'Phone',
    phoneHint: 'For the courier only.',
  },

  ...enBuying,

  account: {
    logInTitle: 'Welcome back',
    registerTitle: 'Create your account',
    logIn: 'Log in',
    loggingIn: 'Logging in…',
    register: 'Create account',
    registering: 'Creating…',
    newHere: 'New here?',
    already: 'Already have an account?',
    ended: 'You have been logged out',
    endedText:
      'Your session has ended. Your cart and what you filled in are still here: log in to go on, or order as a guest.',
    asGuest: 'Go on as a guest',
    why: 'Your cart comes along, and your orders stay in one place.',
  },

  notFound: {
    title: 'This page is not here',
    text: 'The address may be old or mistyped.',
    action: 'Go to the start page',
  },

  failure: {
    title: 'This did not load',
    network: 'The shop cannot be reached. Check your connection and try again.',
    unexpected: 'Something went wrong on our side. Try again in a moment.',
    tooManyRequests: (minutes: number) =>
      `Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    byCode: {
      login_failed: 'E-mail or password is wrong.',
      password_weak: 'This password is easy to guess. Choose another one, such as four unrelated words.',
      email_taken: 'An account with this e-mail exists. Log in instead.',
      too_many_requests: 'Too many attempts. Wait some minutes, then try again.',
      unavailable: 'The shop cannot do this right now. Nothing was changed; try again in a moment.',
      maintenance: 'The shop is being maintained. Nothing can be ordered or changed for some minutes.',
      outcome_unknown: 'We do not know yet whether this took effect. Try again: nothing happens twice.',
      in_flight: 'The first request is still being handled. Wait a moment, then try again.',
      cart_closed: 'This cart has been ordered already. Start a new one.',
      cart_full: 'The cart holds as many different things as it can.',
      price_unavailable: 'This product has no price in your currency. Choose another currency.',
      unsupported_country: 'We do not deliver to this country yet.',
      unsupported_currency: 'The shop does not sell in this currency.',
      order_state: 'The order has moved on and no longer allows this.',
      not_found: 'This is not here any more.',
      unauthenticated: 'Log in first.',
      forbidden: 'This account may not do that.',
      bad_input: 'Please check what you entered.',
      idempotency_mismatch: 'This attempt was changed on the way. Start again.',
    } as Record<string, string>,
  },

  footer: {
    about: 'A small shop for things that last. Pictures, products and prices are made up.',
    shop: 'Shop',
    help: 'Your account',
  },
}

export type Text = typeof en
