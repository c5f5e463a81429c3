import { useEffect, useRef, useState } from 'react'
import { pendingAttempt, settleAttempt, UndecidedError, type Keyed } from './attempt.ts'
import { failureOf, type Failure } from './failure.ts'

/** `checking`: an answer was lost and we ask again. `undecided`: we asked in vain; `resume` asks once more. */
export type Phase = 'idle' | 'sending' | 'checking' | 'undecided'

interface AttemptOptions<Input, Output> {
  /** Under which the tab keeps it; one attempt a name. */
  name: string
  call: (input: Input) => Promise<Output>
  onSettled: (output: Output, input: Input) => void
  /** Refused for good: nothing of this attempt took effect. */
  onFailed: (failure: Failure) => void
}

/** One thing that must happen once at most, with an attempt that an earlier visit left undecided taken up at once. */
export function useAttempt<Input extends Keyed, Output>(options: AttemptOptions<Input, Output>) {
  const { name } = options
  const [phase, setPhase] = useState<Phase>(() => (pendingAttempt(name) === null ? 'idle' : 'checking'))
  const isRunning = useRef(false)
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })

  async function run(input: Input, first: Phase): Promise<void> {
    if (isRunning.current) return
    isRunning.current = true
    setPhase(first)
    try {
      const output = await settleAttempt(name, {
        input,
        call: latest.current.call,
        onRetry: () => setPhase('checking'),
      })
      setPhase('idle')
      latest.current.onSettled(output, input)
    } catch (error) {
      setPhase(error instanceof UndecidedError ? 'undecided' : 'idle')
      if (!(error instanceof UndecidedError)) latest.current.onFailed(failureOf(error))
    } finally {
      isRunning.current = false
    }
  }

  function resume(): void {
    // What is kept under a name was put there by an attempt of that name.
    const input = pendingAttempt(name) as Input | null
    if (input === null) setPhase('idle')
    else void run(input, 'checking')
  }

  useEffect(() => {
    if (pendingAttempt(name) !== null) resume()
    // Once a name: what starts later starts by hand.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [name])

  return { phase, start: (input: Input) => void run(input, 'sending'), resume }
}

/** A new name for one attempt. Works without HTTPS too, where `crypto.randomUUID` does not exist. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
