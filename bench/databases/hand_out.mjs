// Copies of a cached state: made when they are asked for, ready before, forked from one that is used, and many of them idle.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { atEnd, here, round, sleep, startRamify } from '../bench.mjs'
import { connected, firstQuery, p, prepared, sizeOf, tables, timed } from './timed.mjs'

const drop = async (ramify, ids) => { for (const id of ids.splice(0)) await ramify.api('DELETE', `/api/v1/database_instances/${id}`) }
const serve = (dataDir, env) => startRamify({ dataDir, env: { RAMIFY_DATABASES_RUNNING_MAX: '2000', RAMIFY_DATABASES_WARM_MAX: '0', ...env } })

/// PostgreSQL of another major, as the npm package has it; absent where that is not installed.
async function newer(ramify) {
  const at = path.join(here, '../tests/postgres_images/node_modules/postgres-18/native')
  if (!existsSync(at)) return undefined
  const added = await ramify.api('POST', '/api/v1/database_images', { name: 'postgres:18', path: at })
  return added.name
}

async function cold(ramify, label, steps, image, target, rounds, rows, raw, note) {
  const made = [], built = await prepared(ramify, steps, image)
  await ramify.api('DELETE', `/api/v1/database_instances/${built.instance_id}`)
  const took = raw[`prepare, ${label}`] = await timed(() => firstQuery(async () => {
    const prepare = await ramify.api('POST', '/api/v1/database_prepares', { steps, ...(image ? { image } : {}) })
    made.push(prepare.instance_id)
    return prepare
  }), rounds)
  await drop(ramify, made)
  rows.push({ what: `cached prepare → first query, ${label}`, figure: p(took), unit: 'ms', target: `< ${target} ms`, is_hit: p(took) < target, note: `p95 ${p(took, 0.95)} ms; ${note}` })
  return built
}

async function forks(ramify, label, of, target, rounds, rows, raw) {
  const made = []
  const took = raw[`fork, ${label}`] = await timed(() => firstQuery(async () => {
    const fork = await ramify.api('POST', `/api/v1/database_instances/${of}/fork`, {})
    made.push(fork.id)
    return fork
  }), rounds)
  await drop(ramify, made)
  rows.push({ what: `fork of a running instance → first query, ${label}`, figure: p(took), unit: 'ms', ...(target ? { target: `< ${target} ms`, is_hit: p(took) < target } : {}), note: `p95 ${p(took, 0.95)} ms` })
}

/// Updates of four clients, for as long as `during` takes.
async function underLoad(dsn, scale, during) {
  const pgbench = spawn('pgbench', ['-n', '-c', '4', '-T', '600', '-D', `scale=${scale}`, '-f', '-', dsn], { stdio: ['pipe', 'ignore', 'ignore'] })
  atEnd(() => pgbench.kill('SIGKILL'))
  pgbench.stdin.end('\\set aid random(1, 100000 * :scale)\nupdate pgbench_accounts set abalance = abalance + 1 where aid = :aid;\n')
  await sleep(2_000)
  await during()
  if (pgbench.exitCode !== null) throw new Error('pgbench ended before the forks were made')
  pgbench.kill('SIGKILL')
}

export async function handOut(kind, dataDir, scales, rounds, rows, raw) {
  const ramify = await serve(dataDir), { backend } = await ramify.api('GET', '/api/v1/database_cache')
  for (const [name, scale] of Object.entries(scales)) {
    const steps = tables(scale), label = `${kind}, ${sizeOf(scale)}`
    const built = await cold(ramify, label, steps, undefined, 30, rounds, rows, raw, backend)
    const { bytes } = await ramify.api('GET', `/api/v1/database_states/${built.state_id}`)
    rows.at(-1).note += `, ${round(bytes / 2 ** 30, 2)} GB on disk`
    const live = (await prepared(ramify, steps)).instance_id
    await forks(ramify, label, live, name === 'large' ? 60 : undefined, rounds, rows, raw)
    if (name === 'large') {
      const { dsn } = await ramify.api('GET', `/api/v1/database_instances/${live}`)
      await underLoad(dsn, scale, () => forks(ramify, `${label}, under pgbench -c 4`, live, 400, Math.ceil(rounds / 2), rows, raw))
    }
    await ramify.api('DELETE', `/api/v1/database_instances/${live}`)
  }
  const image = await newer(ramify)
  if (image) await cold(ramify, `${kind}, empty, PostgreSQL 18`, tables(0), image, 25, rounds, rows, raw, backend)
  if (kind === 'xfs') await sustained(ramify, rounds, rows, raw)
  await ramify.stop()
}

/// Two who fork without a pause.
async function sustained(ramify, rounds, rows, raw) {
  const { instance_id } = await prepared(ramify, tables(0)), made = []
  const one = async () => {
    for (let i = 0; i < rounds; ++i) made.push((await ramify.api('POST', `/api/v1/database_instances/${instance_id}/fork`, {})).id)
  }
  const begin = performance.now()
  await Promise.all([one(), one()])
  const rate = raw.forks = round(made.length / (performance.now() - begin) * 1000, 1)
  await drop(ramify, made)
  rows.push({ what: 'forks of an instance, two at once', figure: rate, unit: '1/s', target: '> 45', is_hit: rate > 45, note: 'each is a running server that takes connections when it is counted' })
}

/// Copies that ran before anybody asked, and what is left to do then: the transaction, and the sign-in.
export async function handOutWarm(dataDir, rounds, rows, raw) {
  const ramify = await serve(dataDir, { RAMIFY_DATABASES_WARM_MAX: '4', RAMIFY_DATABASES_WARM_MEMORY_FREE_MB_MIN: '0' }), made = [], asked = [], steps = tables(0)
  const running = await prepared(ramify, steps)
  await connected(running.dsn)
  const took = raw.warm = await timed(async () => {
    while ((await ramify.api('GET', '/api/v1/database_cache')).warm < 1) await sleep(20)
    return firstQuery(async () => {
      const begin = performance.now(), prepare = await ramify.api('POST', '/api/v1/database_prepares', { steps })
      asked.push(performance.now() - begin)
      made.push(prepare.instance_id)
      return prepare
    })
  }, rounds)
  const signIn = raw.sign_in = await timed(() => connected(running.dsn), rounds)
  await drop(ramify, made)
  await ramify.stop()
  rows.push({ what: 'hand-out of a copy that stands ready → first query', figure: p(took), unit: 'ms', target: '< 2 ms', is_hit: p(took) < 2, note: `p95 ${p(took, 0.95)} ms; of it the request ${p(asked)} ms; a connection to any instance that runs, with its sign-in by SCRAM and a query, takes ${p(signIn)} ms from Node` })
  rows.push({ what: 'the request for a copy that stands ready', figure: p(asked), unit: 'ms', note: `p95 ${p(asked, 0.95)} ms; one durable transaction: the instance, its sealed password, audit, event` })
}

const pssMb = () => readdirSync('/proc').filter(name => /^\d+$/.test(name)).reduce((sum, pid) => {
  try { return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024 } catch { return sum }
}, 0)
const availableMb = () => Number(/MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))[1]) / 1024

/// Many that run and wait: with all that belongs to them (cage, relay, PostgreSQL, the server's share).
export async function idle(dataDir, count, rows, raw) {
  const ramify = await serve(dataDir), steps = tables(0), first = await prepared(ramify, steps)
  await connected(first.dsn)
  const pss = pssMb(), available = availableMb(), dsns = [], made = []
  for (let i = 0; i < count; ++i) {
    const { instance_id, dsn } = await prepared(ramify, steps)
    made.push(instance_id)
    dsns.push(dsn)
  }
  const each = (pssMb() - pss) / count, taken = available - availableMb()
  for (const dsn of dsns) await connected(dsn)
  raw.idle = { count, pss_mb: each * count, available_mb: taken }
  await ramify.stop()
  rows.push({ what: `memory of an idle instance, ${count} of them`, figure: round(each, 2), unit: 'MB', target: '< 5 MB', is_hit: each < 5, note: 'PSS of every process of the machine, before and after' })
  const fit = Math.floor(8192 / (taken / count))
  rows.push({ what: 'idle instances in 8 GB', figure: fit, unit: '', target: '≥ 800', is_hit: fit >= 800, note: `${count} instances took ${round(taken)} MB of what the kernel calls available; all of them answer then` })
}
