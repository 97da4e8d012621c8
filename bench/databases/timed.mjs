// How the parts of this benchmark measure.
import postgres from 'postgres'
import { percentile, round, sleep } from '../bench.mjs'

/// The times of `count` runs after each other, in ms. `f` may wait for something of its own first, and give what it took itself.
export async function timed(f, count) {
  const times_ms = []
  for (let i = 0; i < count; ++i) {
    const begin = performance.now(), own = await f(i)
    times_ms.push(own ?? performance.now() - begin)
  }
  return times_ms
}
export const p = (values, share = 0.5) => round(percentile(values, share), 1)

/// Connects, with a sign-in, and asks one query; the time up to its answer in ms. (By itself the client would first ask for the types of
/// arrays.) The connection has ended when it returns.
export async function connected(dsn) {
  const begin = performance.now(), sql = postgres(dsn, { max: 1, fetch_types: false, onnotice() {} })
  try {
    await sql`select 1`
    return performance.now() - begin
  } finally { await sql.end() }
}
/// What `ask` takes to give a database, with the first query on it: in ms.
export async function firstQuery(ask) {
  const begin = performance.now(), { dsn } = await ask()
  return performance.now() - begin + await connected(dsn)
}

export const step = sql => ({ arguments: ['-c', sql] })
/// What a client of the API asks for to have `scale` × 100,000 rows, as those of pgbench are: 16 MB each.
export const tables = scale => scale === 0 ? [step('select 1')] : [
  step(`create table pgbench_accounts (aid int not null, bid int, abalance int, filler char(84)); insert into pgbench_accounts select i, i % ${scale}, 0, '' from generate_series(1, ${scale * 100000}) i; alter table pgbench_accounts add primary key (aid)`),
  step('vacuum analyze'),
]

/// What `tables` of that scale take, in words.
export const sizeOf = scale => scale === 0 ? 'empty' : `${scale < 65 ? round(scale / 65, 1) : Math.round(scale / 65)} GB`

/// Prepares, and waits until it is over.
export async function prepared(ramify, steps, image) {
  let prepare = await ramify.api('POST', '/api/v1/database_prepares', { steps, ...(image ? { image } : {}) })
  while (!['done', 'failed', 'cancelled'].includes(prepare.status)) {
    await sleep(20)
    prepare = await ramify.api('GET', `/api/v1/database_prepares/${prepare.id}`)
  }
  if (prepare.status !== 'done') throw new Error(JSON.stringify(prepare.failure))
  return prepare
}
