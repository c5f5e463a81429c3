import { descriptionBlocks } from '../shop/description.ts'

/** A product's description as paragraphs and lists. */
export function Description({ text }: { text: string }) {
  return (
    <div className="product-description">
      {descriptionBlocks(text).map((block, index) =>
        block.kind === 'paragraph' ? (
          <p key={index}>{block.text}</p>
        ) : (
          <ul key={index}>
            {block.items.map((item, position) => (
              <li key={position}>{item}</li>
            ))}
          </ul>
        ),
      )}
    </div>
  )
}
