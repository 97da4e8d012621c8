// The hub of streams, without HTTP (stream.cpp).
import { main, linesOf, save } from '../bench.mjs'

main(async () => {
  const rows = (await linesOf('bench_stream')).map(line => {
    const idle = /^(\d+) idle followers of as many streams: ([\d.]+) KB each$/.exec(line)
    if (idle) return { what: `${idle[1]} idle followers of as many streams, each`, figure: Number(idle[2]), unit: 'KB' }
    const [, followers, p50, p99, pieces] = /^\s*(\d+) followers: piece to the last follower p50 ([\d.]+) ms, p99 ([\d.]+) ms; (\d+) pieces\/s/.exec(line)
    return { what: `piece to the last of ${followers} followers, p99`, figure: Number(p99), unit: 'ms', note: `p50 ${p50} ms; ${pieces} pieces/s` }
  })
  save('stream', 'The hub of streams, inside the process', rows)
})
