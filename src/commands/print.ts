// A closed terminal takes no more lines; the command goes on.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

/** Prints a line for the person who started the command. */
export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
