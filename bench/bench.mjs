// What the benchmarks share: servers that are started and stopped, load, figures of processes, results.
import { spawn, execFileSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, writeFileSync, mkdirSync, rmSync, readdirSync, chmodSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'

export const here = path.dirname(fileURLToPath(import.meta.url))
const build = path.resolve(here, '..', process.env.BENCH_BUILD ?? 'build/release')
export const program = name => path.join(build, name)
export const sleep = ms => new Promise(done => setTimeout(done, ms))
/// A quick look instead of a measurement: shorter runs, fewer rounds.
export const isQuick = process.env.BENCH_QUICK === '1'

// ---- what is undone at the end, also after a failure

const undo = [], logs = []
export const atEnd = f => undo.push(f)
/// Runs a benchmark and ends what it started.
export async function main(run) {
  let code = 0
  try {
    await run()
  } catch (error) {
    console.error(error)
    for (const log of logs) console.error(readFileSync(log, 'utf8').split('\n').slice(-10).join('\n'))
    code = 1
  }
  for (const f of undo.reverse()) await Promise.resolve(f()).catch(error => console.error(String(error)))
  process.exit(code)
}

export function scratchDirectory() {
  const directory = mkdtempSync('/var/tmp/ramify_bench_')
  chmodSync(directory, 0o711)
  atEnd(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

// ---- processes

/// Starts a program; `first` resolves with its first line on stdout.
export function start(command, parameters, options = {}) {
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', options.stderr ?? 'inherit'], env: { ...process.env, ...options.env } })
  const lines = createInterface({ input: child.stdout })
  const collected = []
  let wake
  lines.on('line', line => { collected.push(line); wake?.() })
  const ended = new Promise(done => child.on('exit', code => { done(code); wake?.() }))
  let hasEnded = false
  ended.then(() => { hasEnded = true })
  const nextLine = async () => {
    while (!collected.length) {
      if (hasEnded) throw new Error(`${path.basename(command)} ${parameters[0]} ended without an answer`)
      await new Promise(done => { wake = done })
    }
    return collected.shift()
  }
  const stop = async (signal = 'SIGTERM') => {
    if (!hasEnded) child.kill(signal)
    return ended
  }
  atEnd(() => stop())
  return { child, pid: child.pid, nextLine, stop, ended }
}

export async function startRamify({ dataDir = path.join(scratchDirectory(), 'data'), env = {}, parameters = [] } = {}) {
  const begin = performance.now()
  const log = dataDir + '.log'
  logs.push(log)
  const server = start(program('ramify'), ['serve', '--data-dir', dataDir, '--listen', '127.0.0.1:0', '--insecure-dev', '--log-level', 'error', ...parameters], { env, stderr: openSync(log, 'a') })
  const url = (await server.nextLine()).replace('ready ', '')
  return { ...server, dataDir, url, port: Number(new URL(url).port), readyMs: performance.now() - begin, api: api(url) }
}

/// The Node server that does the same work (peer/server.mjs).
export async function startPeer(parameters) {
  const begin = performance.now()
  const server = start(process.execPath, [path.join(here, 'peer/server.mjs'), JSON.stringify(parameters)])
  const { port } = JSON.parse(await server.nextLine())
  return { ...server, port, url: `http://127.0.0.1:${port}`, readyMs: performance.now() - begin }
}

export const api = url => async (method, address, body, headers = {}) => {
  const answer = await fetch(url + address, { method, headers: { ...(body !== undefined ? { 'content-type': 'application/json' } : {}), ...headers }, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

const ticks = 100  // of /proc/PID/stat, a second

const stat = pid => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
/// CPU seconds of a process so far, with those of its ended children when `family`.
export function cpuSeconds(pid, family = false) {
  const fields = stat(pid)
  return (Number(fields[11]) + Number(fields[12]) + (family ? Number(fields[13]) + Number(fields[14]) : 0)) / ticks
}
export function childrenOf(pid) {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter(name => {
    try { return Number(stat(name)[1]) === Number(pid) } catch { return false }
  }).map(Number)
}
export const postmaster = dataDir => Number(readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
export function postgresCpuSeconds(dataDir) {
  const parent = postmaster(dataDir)
  return childrenOf(parent).reduce((sum, pid) => { try { return sum + cpuSeconds(pid) } catch { return sum } }, cpuSeconds(parent, true))
}
export const residentMb = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

// ---- the embedded database, from outside

export function database(dataDir, options = {}) {
  const [, , , port, directory] = readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')
  const sql = postgres({ host: directory, port: Number(port), path: `${directory}/.s.PGSQL.${port}`, database: 'ramify', user: 'ramify_admin', max: 1, onnotice() {}, ...options })
  atEnd(() => sql.end({ timeout: 1 }))
  return sql
}

/// `count` chats with their main branches; returns their ids as the API writes them.
export async function makeChats(sql, organization, count) {
  const rows = await sql`
    with made as (select gen_random_uuid() as chat, gen_random_uuid() as branch, gen_random_uuid() as segment from generate_series(1, ${count})),
    chats as (insert into chats.chat (organization_id, id, active_branch_id) select ${organization}, chat, branch from made),
    branches as (insert into chats.branch (organization_id, id, chat_id, title, is_main, segment_id) select ${organization}, branch, chat, 'main', true, segment from made),
    lineage as (insert into chats.lineage (organization_id, branch_id, seq_from, seq_to, segment_id) select ${organization}, branch, 1, ${'9223372036854775807'}, segment from made)
    select chat from made`
  return rows.map(row => row.chat)
}
const digits = '0123456789abcdefghjkmnpqrstvwxyz'
/// "chat_01…" of a UUID: 26 digits of base 32, as src/base/id.h writes them.
export function idText(prefix, uuid) {
  let value = BigInt('0x' + uuid.replaceAll('-', '')), text = ''
  for (let i = 0; i < 26; ++i, value >>= 5n) text = digits[Number(value & 31n)] + text
  return `${prefix}_${text}`
}
export function linesFile(lines) {
  const file = path.join(scratchDirectory(), 'lines')
  writeFileSync(file, lines.join('\n') + '\n')
  return file
}

// ---- load

const flags = named => Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)])
export function startLoad(verb, named = {}, rest = []) { return start(program('bench_load'), [verb, ...flags(named), ...rest]) }
export async function load(verb, named, rest = []) {
  const running = startLoad(verb, named, rest)
  const figures = JSON.parse(await running.nextLine())
  await running.ended
  return figures
}
/// A model endpoint; `pace_us` between two tokens.
export async function startUpstream(tokens, pace_us) {
  const running = startLoad('upstream', { tokens, pace_us })
  const { port } = JSON.parse(await running.nextLine())
  return { ...running, url: `http://127.0.0.1:${port}/v1` }
}

/// What a benchmark program prints, line by line.
export const linesOf = name => execFileSync(program(name), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).split('\n').filter(Boolean)

// ---- results

export const round = (value, places = 0) => Number(value.toFixed(places))
export const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.round(share * (values.length - 1)))]

/// A row: {what, figure, unit, peer?, ratio?, target?, is_hit?, note?}. `figure` and `peer` are numbers of that unit.
export function save(name, title, rows, raw = {}) {
  const directory = path.join(here, 'results')
  mkdirSync(directory, { recursive: true })
  const machine = `${os.cpus().length} cores, ${os.cpus()[0].model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}`
  const commit = (() => { try { return execFileSync('git', ['-C', here, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() } catch { return '' } })()
  const result = { name, title, command: `./dev bench ${name}`, at: new Date().toISOString().slice(0, 16) + 'Z', machine, node: process.version, commit, busy_cores: Number(process.env.BENCH_LOAD ?? 0), is_quick: isQuick, rows, raw }
  writeFileSync(path.join(directory, `${name}.json`), JSON.stringify(result, null, 1) + '\n')
  const width = Math.max(...rows.map(row => row.what.length))
  for (const row of rows) console.log(`  ${row.what.padEnd(width)}  ${String(row.figure).padStart(9)} ${row.unit.padEnd(9)}` + (row.peer !== undefined ? `  peer ${String(row.peer).padStart(9)}  ${String(row.ratio).padStart(6)}x` : '') + (row.target ? `  target ${row.target}${row.is_hit === undefined ? '' : row.is_hit ? ' ok' : ' MISSED'}` : ''))
}
/// How many times better than the peer: more of a rate, less of a time.
export const times = (better, worse) => worse > 0 ? round(better / worse, 1) : 0

export function fileMb(file) { return round(statSync(file).size / 2 ** 20, 1) }
