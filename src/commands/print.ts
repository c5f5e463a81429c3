// A terminal that was closed takes no more lines; what is being done is done all the same.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

/** A line for the person who started the command. */
export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
