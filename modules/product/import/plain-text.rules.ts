import sanitizeHtml from 'sanitize-html'

/** Block elements, which start a new line in a browser; all other elements are inline. */
const blocks =
  'address article aside blockquote div dd dl dt figure footer h1 h2 h3 h4 h5 h6 header hr main ol p pre section table tr ul'.split(
    ' ',
  )

/** HTML as plain text: paragraphs separated by an empty line, list items as `- `, entities decoded, no tags or scripts. */
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

/** One line of plain text: entities decoded, white space collapsed. Tags are kept as text, as in `A < B`. */
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

/** Reverses the four escapes that sanitize-html writes; it decodes all other entities itself. */
const unescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

const tidy = (text: string): string =>
  text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
