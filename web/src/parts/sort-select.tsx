import { useId } from 'react'
import { useText } from '../text/use-text.ts'

interface SortSelectProps<Sort extends string> {
  sorts: readonly Sort[]
  value: Sort
  onChange: (sort: Sort) => void
}

/** Selects the order of a list. */
export function SortSelect<Sort extends keyof ReturnType<typeof useText>['list']['sorts']>({
  sorts,
  value,
  onChange,
}: SortSelectProps<Sort>) {
  const text = useText()
  const id = useId()
  return (
    <p className="sort">
      <label htmlFor={id}>{text.list.sort}</label>
      <select
        id={id}
        className="input select"
        value={value}
        onChange={(event) => {
          const sort = sorts.find((known) => known === event.target.value)
          if (sort !== undefined) onChange(sort)
        }}
      >
        {sorts.map((sort) => (
          <option key={sort} value={sort}>
            {text.list.sorts[sort]}
          </option>
        ))}
      </select>
    </p>
  )
}
