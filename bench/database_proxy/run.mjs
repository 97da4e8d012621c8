// What the databases' port adds to a round trip: pgbench -S with prepared statements on one PostgreSQL, directly over TCP, through
// the proxy, and through pgbouncer in session mode. Both reach the server through its Unix socket, as they would.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import path from 'node:path'
import { main, start, program, scratchDirectory, atEnd, save, cpuSeconds, percentile, round, times, isQuick } from '../bench.mjs'

const seconds = isQuick ? 1 : 3, rounds = isQuick ? 3 : 7

const freePort = () => new Promise(done => {
  const probe = createServer().listen(0, '127.0.0.1', () => { const { port } = probe.address(); probe.close(() => done(port)) })
})
const isListening = port => new Promise(done => {
  const socket = connect(port, '127.0.0.1').on('connect', () => { socket.destroy(); done(true) }).on('error', () => done(false))
})

async function startPgbouncer(stage) {
  const directory = scratchDirectory(), port = await freePort(), users = path.join(directory, 'users')
  writeFileSync(users, `"${stage.user}" "${stage.password}"\n`)
  writeFileSync(path.join(directory, 'pgbouncer.ini'), `[databases]
shop = host=${stage.socket_dir} port=${stage.direct_port} dbname=postgres user=${stage.user} password=${stage.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = session
default_pool_size = 100
`)
  for (const file of [directory, users, path.join(directory, 'pgbouncer.ini'), stage.socket_dir]) chmodSync(file, 0o755)  // pgbouncer runs as nobody
  const binary = existsSync('/usr/sbin/pgbouncer') ? '/usr/sbin/pgbouncer' : 'pgbouncer'
  const bouncer = spawn(binary, ['-q', ...(process.getuid() === 0 ? ['-u', 'nobody'] : []), path.join(directory, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'inherit'] })
  atEnd(() => bouncer.kill('SIGKILL'))
  const ended = new Promise((_, failed) => bouncer.on('exit', code => failed(new Error(`pgbouncer ended with ${code}`))).on('error', failed))
  ended.catch(() => {})
  while (!await Promise.race([isListening(port), ended])) {}
  return { port, pid: bouncer.pid }
}

main(async () => {
  const server = start(program('database_proxy'), [])
  const stage = JSON.parse(await server.nextLine())
  const bouncer = await startPgbouncer(stage)
  const env = { ...process.env, PGUSER: stage.user, PGPASSWORD: stage.password, PGHOST: '127.0.0.1', PGSSLMODE: 'disable' }
  const pgbench = (...parameters) => execFileSync('pgbench', parameters, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  pgbench('-i', '-q', '-s', '1', '-p', String(stage.direct_port), 'postgres')

  const ways = { direct: [stage.direct_port, 'postgres'], proxy: [stage.port, 'shop@main', server.pid], pgbouncer: [bouncer.port, 'shop', bouncer.pid] }
  const raw = []
  for (const clients of [1, 16])
    for (let i = 0; i < rounds; ++i)
      for (const [way, [port, database, pid]] of Object.entries(ways)) {
        const before = pid ? cpuSeconds(pid) : 0
        const text = pgbench('-n', '-S', '-M', 'prepared', '-c', String(clients), '-T', String(seconds), '-p', String(port), database)
        const count = Number(/transactions actually processed: (\d+)/.exec(text)[1]), rate = Number(/tps = ([\d.]+)/.exec(text)[1])
        raw.push({ clients, way, us: 1e6 * clients / rate, rate, cpu_us: pid ? (cpuSeconds(pid) - before) / count * 1e6 : 0 })
      }
  const median = (clients, way, figure) => percentile(raw.filter(one => one.clients === clients && one.way === way).map(one => one[figure]), 0.5)
  const rows = []
  const direct = median(1, 'direct', 'us'), added = median(1, 'proxy', 'us') - direct, bouncerAdded = median(1, 'pgbouncer', 'us') - direct
  rows.push({ what: 'round trip, c=1, direct over TCP', figure: round(direct, 1), unit: 'µs', note: `pgbench -S -M prepared, median of ${rounds} runs of ${seconds} s, in turns` })
  rows.push({ what: 'added to a round trip, c=1', figure: round(added, 1), unit: 'µs', peer: round(bouncerAdded, 1), ratio: times(bouncerAdded, added), target: '< 30 µs', is_hit: added < 30, note: 'peer: pgbouncer in session mode' })
  for (const clients of [1, 16]) {
    const rate = way => round(median(clients, way, 'rate'))
    rows.push({ what: `round trips, c=${clients}`, figure: rate('proxy'), unit: '1/s', peer: rate('pgbouncer'), ratio: times(rate('proxy'), rate('pgbouncer')), note: `direct ${rate('direct')}/s: the proxy reaches ${round(rate('proxy') / rate('direct') * 100)} % of it` })
    const cpu = way => round(median(clients, way, 'cpu_us'), 1)
    rows.push({ what: `CPU a round trip, c=${clients}`, figure: cpu('proxy'), unit: 'µs', peer: cpu('pgbouncer'), ratio: times(cpu('pgbouncer'), cpu('proxy')), note: 'of the process between, user and system' })
  }
  save('database_proxy', "The databases' port, against pgbouncer on the same PostgreSQL", rows, raw)
})
