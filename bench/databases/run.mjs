// What a prepared database costs the second time, on each file system that this machine can make, beside what one would do
// without Ramify: CREATE DATABASE … TEMPLATE on a running server, and a copy of the directory with a server started on it.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync, chmodSync, readFileSync } from 'node:fs'
import path from 'node:path'
import postgres from 'postgres'
import { main, startRamify, save, percentile, round, scratchDirectory, atEnd, isQuick, program, sleep } from '../bench.mjs'
import { liquibase } from './liquibase.mjs'

const rounds = isQuick ? 5 : 15
const scale = { empty: 0, large: isQuick ? 10 : 65 }  // pgbench's: 65 is about 1 GB

/// An empty file system in a file, mounted; absent where that cannot be done.
function loopDirectory(kind) {
  const directory = scratchDirectory(), image = path.join(directory, 'image'), mount = path.join(directory, kind)
  mkdirSync(mount)
  execFileSync('truncate', ['-s', '12G', image])
  const made = kind === 'xfs' ? spawnSync('mkfs.xfs', ['-q', '-m', 'reflink=1', image]) : spawnSync('mkfs.btrfs', ['-q', image])
  if (made.status !== 0 || spawnSync('mount', ['-o', 'loop', image, mount]).status !== 0) return undefined
  atEnd(() => spawnSync('umount', ['-l', mount]))
  chmodSync(mount, 0o755)
  return mount
}

const connected = async dsn => {
  const sql = postgres(dsn, { max: 1, onnotice() {} })
  try { await sql`select 1` } finally { await sql.end() }
}
async function timed(f, count = rounds) {
  const times_ms = []
  for (let i = 0; i < count; ++i) {
    const begin = performance.now()
    await f(i)
    times_ms.push(performance.now() - begin)
  }
  return times_ms
}
const p = (values, share = 0.5) => round(percentile(values, share), 1)
const prepared = async (ramify, steps) => {
  let prepare = await ramify.api('POST', '/api/v1/database_prepares', { steps })
  while (!['done', 'failed', 'cancelled'].includes(prepare.status)) {
    await sleep(50)
    prepare = await ramify.api('GET', `/api/v1/database_prepares/${prepare.id}`)
  }
  if (prepare.status !== 'done') throw new Error(JSON.stringify(prepare.failure))
  return prepare
}
const step = sql => ({ arguments: ['-c', sql] })
const tables = size => size === 0 ? [step('select 1')] : [step(`create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84)); insert into pgbench_accounts select i, i % ${size}, 0, '' from generate_series(1, ${size * 100000}) i`), step('vacuum analyze')]

async function measure(kind, dataDir, rows, raw) {
  const ramify = await startRamify({ dataDir: path.join(dataDir, 'data') })
  const cache = await ramify.api('GET', '/api/v1/database_cache')
  for (const [name, size] of Object.entries(scale)) {
    const built = await prepared(ramify, tables(size))
    const bytes = (await ramify.api('GET', `/api/v1/database_states/${built.state_id}`)).bytes
    const label = `${kind}, ${size === 0 ? 'empty' : `${round(bytes / 2 ** 30, 2)} GB`}`
    const made = []
    const handed = await timed(async () => {
      const prepare = await ramify.api('POST', '/api/v1/database_prepares', { steps: tables(size) })
      made.push(prepare.instance_id)
      await connected(prepare.dsn)
    })
    raw[label] = handed
    rows.push({ what: `cached prepare → first query, ${label}`, figure: p(handed), unit: 'ms', target: '< 30 ms', is_hit: p(handed) < 30, note: `p95 ${p(handed, 0.95)} ms; ${cache.backend}` })
    const live = await ramify.api('POST', `/api/v1/database_instances/${built.instance_id}/wake`)
    const forked = await timed(async () => {
      const fork = await ramify.api('POST', `/api/v1/database_instances/${live.id}/fork`, {})
      made.push(fork.id)
      await connected(fork.dsn)
    })
    for (const id of made) await ramify.api('DELETE', `/api/v1/database_instances/${id}`)
    rows.push({ what: `fork of a running instance → first query, ${label}`, figure: p(forked), unit: 'ms', ...(size ? { target: '< 60 ms', is_hit: p(forked) < 60 } : {}), note: `p95 ${p(forked, 0.95)} ms` })
  }
  await ramify.stop()
  unmountBelow(dataDir)
}

/// Instances that sleep keep their mounts.
function unmountBelow(directory) {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n').filter(line => line.split(' ')[1]?.startsWith(directory))) spawnSync('umount', ['-l', line.split(' ')[1]])
}

/// What the same machine does without Ramify, on one directory.
async function peers(kind, directory, rows) {
  const bin = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim()
  const dir = path.join(directory, 'peer'), data = path.join(dir, 'data'), copy = path.join(dir, 'copy')
  mkdirSync(dir)
  const isRoot = process.getuid() === 0
  const as = words => isRoot ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', ...words]] : [words[0], words.slice(1)]
  const run = (...words) => { const [command, rest] = as(words); execFileSync(command, rest, { stdio: 'ignore' }) }
  if (isRoot) execFileSync('chown', ['postgres', dir])
  run(`${bin}/initdb`, '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8')
  const options = socket => `-c listen_addresses='' -c unix_socket_directories=${socket} -c fsync=off -c full_page_writes=off -c shared_buffers=8MB -c max_connections=20`
  const start = (at, port) => run(`${bin}/pg_ctl`, '-D', at, '-w', '-l', '/dev/null', '-o', `${options(dir)} -c port=${port}`, 'start')
  const stop = at => run(`${bin}/pg_ctl`, '-D', at, '-m', 'fast', '-w', 'stop')
  const client = (port, database = 'postgres') => postgres({ host: dir, path: `${dir}/.s.PGSQL.${port}`, port, user: 'postgres', database, max: 1, onnotice() {} })
  start(data, 5501)
  const sql = client(5501)
  await sql.unsafe('create database template_large')
  const large = client(5501, 'template_large')
  for (const one of tables(scale.large)) for (const statement of one.arguments[1].split('; ')) await large.unsafe(statement)
  await large.end()
  for (const [strategy, template] of [['wal_log', 'template1'], ['file_copy', 'template1'], ['wal_log', 'template_large'], ['file_copy', 'template_large']]) {
    const took = await timed(async i => {
      await sql.unsafe(`create database made${i} template ${template} strategy ${strategy}`)
      const one = client(5501, `made${i}`)
      await one`select 1`
      await one.end()
      await sql.unsafe(`drop database made${i}`)
    }, template === 'template1' ? rounds : 3)
    rows.push({ what: `peer: CREATE DATABASE … STRATEGY ${strategy} → first query, ${kind}, ${template === 'template1' ? 'empty' : 'large'}`, figure: p(took), unit: 'ms', note: 'PostgreSQL 15, a running server; roles and settings are shared' })
  }
  await sql.end()
  stop(data)
  const copied = await timed(async () => {
    run('cp', '-a', data, copy)
    start(copy, 5502)
    const one = client(5502)
    await one`select 1`
    await one.end()
    stop(copy)
    rmSync(copy, { recursive: true })
  }, 3)
  rows.push({ what: `peer: cp -a and a start → first query, ${kind}, large`, figure: p(copied), unit: 'ms' })
}

main(async () => {
  const rows = [], raw = {}
  const places = [['ext4', scratchDirectory()], ...['xfs', 'btrfs'].map(kind => [kind, loopDirectory(kind)])]
  for (const [kind, directory] of places) {
    if (!directory) { console.error(`${kind} cannot be mounted here`); continue }
    await measure(kind, directory, rows, raw)
    if (kind === 'ext4' || kind === 'xfs') await peers(kind, directory, rows)
  }
  // The whole command, as a person waits for it.
  const directory = scratchDirectory(), dataDir = path.join(directory, 'data')
  writeFileSync(path.join(directory, 'schema.sql'), 'create table item (id int primary key);\n')
  const command = () => execFileSync(program('ramify'), ['db', 'prepare', 'psql', '--data-dir', dataDir, '--', '-f', 'schema.sql'], { cwd: directory, stdio: ['ignore', 'ignore', 'ignore'] })
  atEnd(() => {
    execFileSync(program('ramify'), ['db', 'stop', '--all', '--data-dir', dataDir], { stdio: 'ignore' })
    unmountBelow(dataDir)
  })
  command()
  const whole = await timed(command)
  rows.push({ what: 'ramify db prepare, cached, server running', figure: p(whole), unit: 'ms', target: '< 60 ms', is_hit: p(whole) < 60, note: `p95 ${p(whole, 0.95)} ms; the whole process` })
  const cold = []
  for (let i = 0; i < 3; ++i) {
    execFileSync(program('ramify'), ['db', 'stop', '--all', '--data-dir', dataDir], { stdio: 'ignore' })
    cold.push(...await timed(command, 1))
  }
  rows.push({ what: 'ramify db prepare, cached, from no process at all', figure: p(cold), unit: 'ms', target: '< 500 ms', is_hit: p(cold) < 500, note: 'starts the server and its PostgreSQL' })
  raw.whole = whole
  raw.cold = cold
  liquibase(rounds, rows, raw, unmountBelow)
  save('databases', 'Prepared databases', rows, raw)
})
