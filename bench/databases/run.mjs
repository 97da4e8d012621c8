// What a prepared database costs the second time, on each file system that this machine can make, beside what one would do
// without Ramify: CREATE DATABASE … TEMPLATE on a running server, and a copy of the directory with a server started on it.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { main, save, scratchDirectory, atEnd, isQuick, program } from '../bench.mjs'
import { handOut, handOutWarm, idle } from './hand_out.mjs'
import { liquibase } from './liquibase.mjs'
import { overhead } from './overhead.mjs'
import { peers } from './peers.mjs'
import { p, timed } from './timed.mjs'

const rounds = isQuick ? 5 : 25
const scales = { empty: 0, large: isQuick ? 10 : 65, ...(isQuick ? {} : { huge: 400 }) }  // pgbench's: 65 is about 1 GB, 400 about 6

/// An empty directory on a file system of the kind, which is one in a file, mounted, when it is not the host's; absent where that cannot be done.
function directoryOn(kind) {
  const directory = scratchDirectory(), image = path.join(directory, 'image'), mount = path.join(directory, kind)
  mkdirSync(mount)
  if (kind === 'ext4') return mount
  execFileSync('truncate', ['-s', '30G', image])
  const made = kind === 'xfs' ? spawnSync('mkfs.xfs', ['-q', '-m', 'reflink=1', image]) : spawnSync('mkfs.btrfs', ['-q', image])
  if (made.status !== 0 || spawnSync('mount', ['-o', 'loop', image, mount]).status !== 0) return undefined
  atEnd(() => spawnSync('umount', ['-l', mount]))
  chmodSync(mount, 0o755)
  return mount
}

/// What a server that was killed left mounted.
function unmountBelow(directory) {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n').filter(line => line.split(' ')[1]?.startsWith(directory))) spawnSync('umount', ['-l', line.split(' ')[1]])
}

/// The whole command, as a person waits for it.
async function command(rows, raw) {
  const directory = scratchDirectory(), dataDir = path.join(directory, 'data')
  writeFileSync(path.join(directory, 'schema.sql'), 'create table item (id int primary key);\n')
  const env = { ...process.env, RAMIFY_DATABASES_WARM_MAX: '0' }
  const ramify = (...words) => execFileSync(program('ramify'), ['db', ...words, '--data-dir', dataDir], { cwd: directory, env, stdio: 'ignore' })
  const prepare = () => execFileSync(program('ramify'), ['db', 'prepare', 'psql', '--data-dir', dataDir, '--', '-f', 'schema.sql'], { cwd: directory, env, stdio: 'ignore' })
  atEnd(() => {
    ramify('stop', '--all')
    unmountBelow(dataDir)
  })
  prepare()
  const whole = raw.whole = await timed(prepare, rounds), cold = raw.cold = []
  rows.push({ what: 'ramify db prepare, cached, server running', figure: p(whole), unit: 'ms', target: '< 60 ms', is_hit: p(whole) < 60, note: `p95 ${p(whole, 0.95)} ms; the whole process; no copy stood ready` })
  for (let i = 0; i < 5; ++i) {
    ramify('stop', '--all')
    cold.push(...await timed(prepare, 1))
  }
  rows.push({ what: 'ramify db prepare, cached, from no process at all', figure: p(cold), unit: 'ms', target: '< 500 ms', is_hit: p(cold) < 500, note: 'starts the server and its PostgreSQL' })
}

main(async () => {
  const rows = [], raw = {}
  rows.push = row => { console.error(`  ${row.what}: ${row.figure} ${row.unit}`); return Array.prototype.push.call(rows, row) }  // it takes long
  for (const kind of ['ext4', 'xfs', 'btrfs']) {
    const directory = directoryOn(kind)
    if (!directory) { console.error(`${kind} cannot be mounted here`); continue }
    const dataDir = path.join(directory, 'data')
    await handOut(kind, dataDir, scales, rounds, rows, raw)
    await peers(kind, directory, scales.large, isQuick ? 3 : 9, rows, raw)
    if (kind === 'xfs') {
      await handOutWarm(dataDir, rounds, rows, raw)
      await idle(dataDir, isQuick ? 20 : 800, rows, raw)
    }
    unmountBelow(path.dirname(directory))
    rmSync(path.dirname(directory), { recursive: true })  // some 20 GB, which the next one wants
  }
  await command(rows, raw)
  await overhead(rounds, rows, raw)
  liquibase(rounds, rows, raw, unmountBelow)
  save('databases', 'Prepared databases', rows, raw)
})
