const paths = {
  search: 'M10.5 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 20 20',
  cart: 'M5 8h14l-1.200 11a1.500 1.500 0 0 1-1.500 1.300H7.700A1.500 1.500 0 0 1 6.200 19zM8.500 10V7a3.500 3.500 0 0 1 7 0v3',
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.8-3.800 3.800-5.500 7.500-5.500s6.700 1.700 7.500 5.500',
  close: 'M6 6l12 12M18 6L6 18',
  minus: 'M6 12h12',
  plus: 'M6 12h12M12 6v12',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  chevron: 'M9 6l6 6-6 6',
  down: 'M6 9l6 6 6-6',
  truck:
    'M3 6.500h11v10H3zM14 10h4l3 3.200v3.300h-7M7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  shield: 'M12 3.500l7 2.500v5.500c0 4.500-2.900 7.700-7 9-4.100-1.300-7-4.500-7-9V6zM9 12l2.200 2.200L15.300 10',
  card: 'M4 6.500h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM3 10.500h18M6.500 14.500h4',
  picture: 'M5 5h14v14H5zM5 16l4-4.500 3.500 3.500 2.500-2.500 4 4M15 9.500h.01',
} as const

export type IconName = keyof typeof paths

/** A line icon beside a text with the same meaning; hidden from screen readers. */
export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}

/** The shop's logo: kelp and the holdfast that anchors it. */
export function Logo({ size = 30 }: { size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        className="mark-stem"
        d="M16 3.500V19M16 19c-1 4.200-3.800 7-8.500 8.500M16 19c1 4.200 3.800 7 8.500 8.500M16 19c-.4 3.600-1.600 6.600-3.200 9.300M16 19c.4 3.600 1.600 6.600 3.200 9.300"
      />
      <path
        className="mark-leaf"
        d="M16 7c4-2.400 7.600-2 9.300-.4-1.900 3-5.500 4.200-9.300 2.900zM16 12.500c-4-2.400-7.600-2-9.300-.4 1.900 3 5.500 4.200 9.300 2.900z"
      />
    </svg>
  )
}
