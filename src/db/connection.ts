import pg from 'pg'

/** Runs `work` on a connection of its own, outside any pool. What is lost in mid-query is told by that query alone. */
export async function onConnection<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
