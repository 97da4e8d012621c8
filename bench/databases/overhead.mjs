// A chain of ten steps that nobody has prepared yet, beside plain psql that runs the same on one server.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { round, scratchDirectory, startRamify } from '../bench.mjs'
import { p, prepared, step, timed } from './timed.mjs'

const steps = 10
/// A step of some 100 ms; `i` makes it one that nobody has seen.
const sql = (i, at) => `create table t${at} as select n, md5((n + ${i})::text) from generate_series(1, 60000) n; create index on t${at} (md5)`

async function plain(rounds) {
  const bin = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim()
  const directory = path.join(scratchDirectory(), 'plain'), data = path.join(directory, 'data')
  const as = process.getuid() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  const run = (...words) => { const [command, ...rest] = [...as, ...words]; execFileSync(command, rest, { stdio: 'ignore' }) }
  mkdirSync(directory)
  if (as.length) execFileSync('chown', ['postgres', directory])
  run(`${bin}/initdb`, '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8')  // as a base has it
  run(`${bin}/pg_ctl`, '-D', data, '-w', '-l', '/dev/null', '-o', `-c listen_addresses='' -c unix_socket_directories=${directory} -c fsync=off -c full_page_writes=off`, 'start')
  const psql = words => run(`${bin}/psql`, '-X', '-q', '-h', directory, '-U', 'postgres', ...words)
  const took = await timed(i => {
    psql(['-c', `create database d${i}`])
    const begin = performance.now()
    for (let at = 0; at < steps; ++at) psql(['-d', `d${i}`, '-c', sql(i, at)])
    return performance.now() - begin
  }, rounds)
  run(`${bin}/pg_ctl`, '-D', data, '-m', 'immediate', 'stop')
  return took
}

export async function overhead(rounds, rows, raw) {
  const count = Math.min(rounds, 7), ramify = await startRamify({ env: { RAMIFY_DATABASES_WARM_MAX: '0' } })
  await prepared(ramify, [step('select 1')])  // the base is there
  const ours = raw.chain = await timed(i => prepared(ramify, Array.from({ length: steps }, (_, at) => step(sql(i, at)))).then(() => undefined), count)
  await ramify.stop()
  const peer = raw.chain_plain = await plain(count)
  const allowed = p(peer) * 1.15 + steps * 60
  rows.push({ what: `a chain of ${steps} steps that nobody has prepared`, figure: p(ours), unit: 'ms', peer: p(peer), ratio: round(p(peer) / p(ours), 1), target: `< 1.15 × + ${steps} × 60 ms`, is_hit: p(ours) < allowed, note: `peer: plain psql for each step on one server; a snapshot after each step of ours: ${round((p(ours) - p(peer)) / steps)} ms a step more` })
}
