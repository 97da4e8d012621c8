// What the same machine does without Ramify, in one directory.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import postgres from 'postgres'
import { here } from '../bench.mjs'
import { p, sizeOf, tables, timed } from './timed.mjs'

const isRoot = process.getuid() === 0
function run(...words) {
  const [command, ...rest] = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...words] : words
  execFileSync(command, rest, { stdio: 'ignore' })
}

/// A server of the binaries in `bin`, below `directory`.
function cluster(bin, directory, port) {
  const data = path.join(directory, 'data'), socket = directory
  mkdirSync(directory)
  if (isRoot) execFileSync('chown', ['postgres', directory])
  run(`${bin}/initdb`, '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C')
  const start = (at, on = port) => run(`${bin}/pg_ctl`, '-D', at, '-w', '-l', '/dev/null', '-o', `-c listen_addresses='' -c unix_socket_directories=${socket} -c fsync=off -c full_page_writes=off -c shared_buffers=8MB -c max_connections=20 -c port=${on}`, 'start')
  const stop = at => run(`${bin}/pg_ctl`, '-D', at, '-m', 'fast', '-w', 'stop')
  const client = (database = 'postgres', on = port) => postgres({ host: socket, path: `${socket}/.s.PGSQL.${on}`, port: on, user: 'postgres', database, max: 1, fetch_types: false, onnotice() {} })
  return { data, start, stop, client }
}

async function fill(server, scale) {
  const sql = server.client()
  await sql.unsafe('create database template_large')
  const large = server.client('template_large')
  for (const one of tables(scale)) for (const statement of one.arguments[1].split('; ')) await large.unsafe(statement)
  await large.end()
  return sql
}

async function made(server, sql, label, template, strategy, rounds, rows, raw, note) {
  const what = `peer: CREATE DATABASE … STRATEGY ${strategy} → first query, ${label}`
  const took = raw[what] = await timed(async i => {
    const begin = performance.now()
    await sql.unsafe(`create database made${i} template ${template} strategy ${strategy}`)
    const one = server.client(`made${i}`)
    await one`select 1`
    const own = performance.now() - begin
    await one.end()
    await sql.unsafe(`drop database made${i}`)
    return own
  }, rounds)
  rows.push({ what, figure: p(took), unit: 'ms', note: `p95 ${p(took, 0.95)} ms; ${note}` })
}

export async function peers(kind, directory, scale, rounds, rows, raw) {
  const bin = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim()
  const server = cluster(bin, path.join(directory, 'peer'), 5501), copy = path.join(directory, 'peer/copy')
  server.start(server.data)
  const sql = await fill(server, scale)
  for (const [size, template] of [['empty', 'template1'], [sizeOf(scale), 'template_large']])
    for (const strategy of ['wal_log', 'file_copy'])
      await made(server, sql, `${kind}, ${size}`, template, strategy, rounds, rows, raw, 'PostgreSQL 15, a running server, no sign-in; roles and settings are shared')
  await sql.end()
  server.stop(server.data)
  const copied = raw[`peer: cp -a, ${kind}`] = await timed(async () => {
    const begin = performance.now()
    run('cp', '-a', server.data, copy)
    server.start(copy, 5502)
    const one = server.client('postgres', 5502)
    await one`select 1`
    const own = performance.now() - begin
    await one.end()
    server.stop(copy)
    rmSync(copy, { recursive: true })
    return own
  }, Math.min(rounds, 5))
  rows.push({ what: `peer: cp -a and a start → first query, ${kind}, ${sizeOf(scale)}`, figure: p(copied), unit: 'ms', note: `p95 ${p(copied, 0.95)} ms` })
  rmSync(path.join(directory, 'peer'), { recursive: true })
  if (kind !== 'ext4') await cloning(kind, directory, scale, rounds, rows, raw)
}

/// The programs of the npm package, which has its links in a list; absent where it is not installed.
function newer(directory) {
  const from = path.join(here, '../tests/postgres_images/node_modules/postgres-18/native'), to = path.join(directory, 'native')
  if (!existsSync(from)) return undefined
  execFileSync('cp', ['-a', from, to])
  for (const { source, target } of JSON.parse(readFileSync(path.join(from, 'pg-symlinks.json'), 'utf8'))) symlinkSync(path.basename(source), path.join(directory, target))
  return path.join(to, 'bin')
}

/// PostgreSQL 18 clones the files of a database where the file system can.
async function cloning(kind, directory, scale, rounds, rows, raw) {
  const bin = newer(directory)
  if (!bin) return
  const server = cluster(bin, path.join(directory, 'peer18'), 5503)
  server.start(server.data)
  const sql = await fill(server, scale)
  await sql.unsafe("set file_copy_method = 'clone'")
  await made(server, sql, `${kind}, ${sizeOf(scale)}, cloned by PostgreSQL 18`, 'template_large', 'file_copy', rounds, rows, raw, 'nobody may be connected to what is copied')
  await sql.end()
  server.stop(server.data)
  for (const name of ['peer18', 'native']) rmSync(path.join(directory, name), { recursive: true })
}
