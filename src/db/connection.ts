import pg from 'pg'

/**
 * Runs `work` on a connection of its own, outside any pool, and closes it.
 * @throws the error of the query that finds the connection lost: the loss itself is no unhandled event
 */
export async function withConnection<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
