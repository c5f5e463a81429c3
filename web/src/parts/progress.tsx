/** A notice for an operation in progress. */
export function Progress({ title, detail }: { title: string; detail?: string }) {
  return (
    <div className="notice notice-info progress" role="status">
      <span className="spinner" aria-hidden="true" />
      <div>
        <p className="notice-title">{title}</p>
        {detail !== undefined && <p>{detail}</p>}
      </div>
    </div>
  )
}
