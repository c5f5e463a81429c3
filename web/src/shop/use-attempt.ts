import { useEffect, useRef, useState } from 'react'
import { pendingAttempt, completeAttempt, OutcomeUnknownError, type IdempotentInput } from './attempt.ts'
import { failureOf, type Failure } from './failure.ts'
import { visit } from './session.ts'

/** `checking`: a response was lost and the call is repeated. `unknown`: all retries failed; `resume` starts again. */
export type AttemptPhase = 'idle' | 'sending' | 'checking' | 'unknown'

interface AttemptOptions<Input, Output> {
  /** Key in the tab's storage; a name has at most one attempt. */
  name: string
  call: (input: Input) => Promise<Output>
  onCompleted: (output: Output, input: Input) => void
  /** Called for a final error: the attempt had no effect. */
  onFailed: (failure: Failure) => void
}

/** An operation that must happen at most once. Resumes immediately when the page finds a stored attempt of unknown outcome. */
export function useAttempt<Input extends IdempotentInput, Output>(options: AttemptOptions<Input, Output>) {
  const { name } = options
  const [phase, setPhase] = useState<AttemptPhase>(() => (pendingAttempt(name) === null ? 'idle' : 'checking'))
  const isRunning = useRef(false)
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })

  async function run(input: Input, first: AttemptPhase): Promise<void> {
    if (isRunning.current) return
    isRunning.current = true
    setPhase(first)
    // After a logout the outcome is nobody's in this tab.
    const startedIn = visit.get()
    const isForgotten = (): boolean => visit.get() !== startedIn
    try {
      const output = await completeAttempt(name, {
        input,
        call: latest.current.call,
        onRetry: () => setPhase('checking'),
      })
      if (isForgotten()) return
      setPhase('idle')
      latest.current.onCompleted(output, input)
    } catch (error) {
      if (isForgotten()) return
      setPhase(error instanceof OutcomeUnknownError ? 'unknown' : 'idle')
      if (!(error instanceof OutcomeUnknownError)) latest.current.onFailed(failureOf(error))
    } finally {
      isRunning.current = false
    }
  }

  function resume(): void {
    // Only attempts of this name store under this name, so the input has this type.
    const input = pendingAttempt(name) as Input | null
    if (input === null) setPhase('idle')
    else void run(input, 'checking')
  }

  useEffect(() => {
    if (pendingAttempt(name) !== null) resume()
    // Once per name: later attempts are started by the user.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [name])

  return { phase, start: (input: Input) => void run(input, 'sending'), resume }
}

/** 128 random bits in hex. Also works without HTTPS, where `crypto.randomUUID` does not exist. */
export const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
