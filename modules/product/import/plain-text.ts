import sanitizeHtml from 'sanitize-html'

/** What breaks a line when a browser shows it; everything else in a text stands within its line. */
const blocks =
  'address article aside blockquote div dd dl dt figure footer h1 h2 h3 h4 h5 h6 header hr main ol p pre section table tr ul'.split(
    ' ',
  )

/** A product's HTML as text: paragraphs with an empty line between, list items as `- `, no tags, no scripts, entities decoded. */
export function plainParagraphs(html: string): string {
  if (!html.includes('<')) return tidy(plainEntities(html))
  const reduced = sanitizeHtml(html, {
    allowedTags: [...blocks, 'br', 'li', 'td', 'th'],
    allowedAttributes: {},
    textFilter: (text) => text.replaceAll(/\s+/g, ' '),
  })
  const broken = reduced
    .replaceAll(/<br \/>/g, '\n')
    .replaceAll(/<li>/g, '\n- ')
    .replaceAll(/<\/?(?:li|t[dh])>/g, ' ')
    .replaceAll(/<[^>]+>/g, '\n\n')
  return tidy(unescape(broken))
}

/** One line of text: entities decoded, white space made single spaces. What looks like a tag is text: `A < B`. */
export const plainLine = (text: string): string =>
  plainEntities(text)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()

const plainEntities = (text: string): string =>
  text.includes('&')
    ? text.replaceAll(/&(?:#\d+|#x[\da-f]+|[a-z]\w*);/gi, (entity) =>
        unescape(sanitizeHtml(entity, { allowedTags: [] })),
      )
    : text

/** Undoes the four escapes that sanitize-html writes; all other entities it has decoded itself. */
const unescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

const tidy = (text: string): string =>
  text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
