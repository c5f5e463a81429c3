import { useEffect } from 'react'
import { shop } from './client.ts'
import { useQuery } from './query.ts'
import { fetchQuery } from './query-cache.ts'

const key = 'shop settings'
const fetchSettings = () => shop.shop.settings.query()
/** Interval at which a page that stays open asks whether maintenance has begun or ended. */
const refreshMs = 30_000

/** Id of the banner that says why nothing can be ordered or changed. */
export const maintenanceId = 'maintenance'

/** Whether the shop is in maintenance: everything can be read, and nothing ordered or changed. */
export const useMaintenance = (): boolean => useQuery(key, fetchSettings).data?.isReadOnly === true

/** Keeps {@link useMaintenance} current; called once. */
export function useMaintenanceRefresh(): void {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || void fetchQuery(key, fetchSettings), refreshMs)
    return () => clearInterval(timer)
  }, [])
}

/** Attributes of a button that changes something: disabled during maintenance, described by the banner. */
export function useWriting(): { disabled?: true; 'aria-describedby'?: string } {
  return useMaintenance() ? { disabled: true, 'aria-describedby': maintenanceId } : {}
}
