import { maintenanceId, useMaintenance, useMaintenanceRefresh } from '../shop/maintenance.ts'
import { useText } from '../text/use-text.ts'

/** Says on every page that the shop is in maintenance. */
export function MaintenanceBanner() {
  const text = useText()
  useMaintenanceRefresh()
  if (!useMaintenance()) return null
  return (
    <p className="maintenance" id={maintenanceId} role="status">
      <span className="width">{text.maintenance}</span>
    </p>
  )
}
