/** A block of a product's description: a paragraph, or a list. */
export type DescriptionBlock = { kind: 'paragraph'; text: string } | { kind: 'list'; items: string[] }

/** The blocks of a description, which is plain text: an empty line ends a paragraph, and `- ` begins an item of a list. */
export function descriptionBlocks(description: string): DescriptionBlock[] {
  const blocks: DescriptionBlock[] = []
  let isParagraphOpen = false
  for (const line of description.split('\n').map((untrimmed) => untrimmed.trim())) {
    const last = blocks.at(-1)
    const item = /^[-•]\s+(.+)$/.exec(line)?.[1]
    if (item !== undefined) {
      if (last?.kind === 'list') last.items.push(item)
      else blocks.push({ kind: 'list', items: [item] })
    } else if (line !== '' && isParagraphOpen && last?.kind === 'paragraph') last.text += `\n${line}`
    else if (line !== '') blocks.push({ kind: 'paragraph', text: line })
    isParagraphOpen = line !== '' && item === undefined
  }
  return blocks
}
