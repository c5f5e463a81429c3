/** A line for the person who started the command. */
export const tell = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
