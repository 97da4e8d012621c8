// What the server costs before anybody comes: memory at rest, time to ready, the size of the program.
import { copyFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { main, startRamify, startPeer, database, save, fileMb, program, residentMb, cpuSeconds, percentile, round, times, scratchDirectory, sleep, isQuick } from '../bench.mjs'

main(async () => {
  const directory = scratchDirectory(), dataDir = path.join(directory, 'data')
  const first = await startRamify({ dataDir })
  await first.stop()
  const starts = []
  let ramify
  for (let i = 0; i < (isQuick ? 2 : 5); ++i) {
    await ramify?.stop()
    ramify = await startRamify({ dataDir })
    starts.push(ramify.readyMs)
  }
  await sleep(2_000)  // what the start queued has run
  const atRest = residentMb(ramify.pid), cpu = cpuSeconds(ramify.pid)
  for (let i = 0; i < 50; ++i) await ramify.api('GET', '/api/v1/apps')
  const afterRequests = residentMb(ramify.pid)
  const sql = database(dataDir)
  const peer = await startPeer({ host: sql.options.host[0], port: sql.options.port[0], organization: '00000000-0000-0000-0000-000000000000' })
  await sleep(1_000)
  const peerMb = residentMb(peer.pid)
  const stripped = path.join(directory, 'ramify')
  copyFileSync(program('ramify'), stripped)
  execFileSync('strip', [stripped])
  const again = percentile(starts, 0.5)
  save('start', 'Start and rest', [
    { what: 'resident memory at rest', figure: round(atRest, 1), unit: 'MB', peer: round(peerMb, 1), ratio: times(peerMb, atRest), target: '< 40 MB', is_hit: atRest < 40, note: `without PostgreSQL; ${round(afterRequests, 1)} MB after 50 requests. The peer is Fastify with \`postgres\` and five routes` },
    { what: 'start to ready, first time', figure: round(first.readyMs), unit: 'ms', note: 'makes the PostgreSQL cluster and the schema' },
    { what: 'start to ready, later', figure: round(again), unit: 'ms', peer: round(peer.readyMs), ratio: times(peer.readyMs, again), note: `median of ${starts.length}; ours starts PostgreSQL too, the peer finds it running; ${round(cpu, 2)} s CPU` },
    { what: 'size of the program', figure: fileMb(stripped), unit: 'MiB', note: `stripped, with the web UI and templates inside; ${fileMb(program('ramify'))} MiB with debug information` },
  ], { starts })
})
