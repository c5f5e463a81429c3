import { shop } from './client.ts'
import type { Order } from './types.ts'

/** What a follower of an order is told. */
export interface FeedListener {
  onOrder: (order: Order) => void
  /** Whether changes arrive now, by the stream or by polling. */
  onLive: (isLive: boolean) => void
}

/**
 * One event stream for all tabs of a browser: HTTP/1.1 allows six connections to a shop, and a stream in each of six tabs
 * would leave none for anything else. The tab that is looked at holds the lock and the stream.
 */
const lockName = 'holdfast.stream'
/** A tab without the stream asks for its order at this interval while it is visible. */
const pollMs = 4000
const pollTimeoutMs = 6000
const reopenMs = 3000

/** Carries what the stream brings to other tabs with the same order. */
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('holdfast.order')

/** Follows an order until the returned function is called. */
export function followOrder(id: string, { onOrder, onLive }: FeedListener): () => void {
  const closed = new AbortController()
  // Missing without HTTPS: then every tab polls.
  const locks = (navigator as { locks?: LockManager }).locks
  let stream: { close: () => void; isLive: boolean } | undefined
  let queued = new AbortController()
  let release: (() => void) | undefined
  let isTaking = false
  let isPolling = false

  function openStream(): void {
    let timer: ReturnType<typeof setTimeout> | undefined
    const own = { isLive: false, close: () => undefined as void }
    const setLive = (isLive: boolean): void => {
      if (stream !== own) return
      own.isLive = isLive
      onLive(isLive)
    }
    const subscribe = (): void => {
      const reopen = (): void => {
        // Closing completes the subscription too.
        if (stream !== own) return
        setLive(false)
        clearTimeout(timer)
        timer = setTimeout(subscribe, reopenMs)
      }
      subscription?.unsubscribe()
      subscription = shop.order.watch.subscribe(
        { id },
        {
          onData: ({ data: order }) => {
            setLive(true)
            onOrder(order)
            // A channel has no other origin to be named.
            // oxlint-disable-next-line unicorn/require-post-message-target-origin
            channel?.postMessage(order)
          },
          onConnectionStateChange: ({ state }) => setLive(state === 'pending'),
          onError: reopen,
          onComplete: reopen,
        },
      )
    }
    let subscription: { unsubscribe: () => void } | undefined
    own.close = () => {
      clearTimeout(timer)
      subscription?.unsubscribe()
    }
    stream = own
    subscribe()
  }

  function closeStream(): void {
    const closing = stream
    stream = undefined
    closing?.close()
    release?.()
    release = undefined
  }

  /** Takes the stream over from another tab, or waits until it is free. */
  function requestStream(how: 'take' | 'wait'): void {
    if (locks === undefined || closed.signal.aborted) return
    queued.abort()
    const waiting = new AbortController()
    queued = waiting
    isTaking = how === 'take'
    let isHeld = false
    const hold = (): Promise<void> => {
      isTaking = false
      if (closed.signal.aborted) return Promise.resolve()
      isHeld = true
      openStream()
      return new Promise((resolve) => (release = resolve))
    }
    locks.request(lockName, isTaking ? { steal: true } : { signal: waiting.signal }, hold).catch((error: unknown) => {
      isTaking = false
      if (!isHeld) return
      // Another tab has taken the stream over.
      closeStream()
      if (error instanceof DOMException && error.name === 'AbortError') requestStream('wait')
    })
  }

  const isStreaming = (): boolean => stream?.isLive === true

  async function poll(): Promise<void> {
    if (isStreaming() || document.hidden || isPolling) return
    isPolling = true
    try {
      const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(pollTimeoutMs)])
      onOrder(await shop.order.get.query({ id }, { signal }))
      onLive(true)
    } catch {
      if (!closed.signal.aborted && !isStreaming()) onLive(false)
    } finally {
      isPolling = false
    }
  }

  const takeWhenSeen = (): void => {
    if (!document.hidden && stream === undefined && !isTaking) requestStream('take')
  }
  const hear = ({ data }: MessageEvent<Order>): void => {
    if (data.id === id) onOrder(data)
  }

  if (document.hidden) requestStream('wait')
  else requestStream('take')
  const timer = setInterval(() => void poll(), pollMs)
  if (locks === undefined) void poll()
  channel?.addEventListener('message', hear)
  addEventListener('focus', takeWhenSeen)
  document.addEventListener('visibilitychange', takeWhenSeen)
  return () => {
    closed.abort()
    queued.abort()
    closeStream()
    clearInterval(timer)
    channel?.removeEventListener('message', hear)
    removeEventListener('focus', takeWhenSeen)
    document.removeEventListener('visibilitychange', takeWhenSeen)
  }
}
