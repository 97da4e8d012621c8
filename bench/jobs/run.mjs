// No-op jobs on a durable PostgreSQL (jobs.cpp).
import { main, linesOf, save } from '../bench.mjs'

main(async () => {
  const rows = (await linesOf('bench_jobs')).map(line => {
    const rate = /^(.*): ([\d.]+) jobs\/s$/.exec(line)
    if (rate) return { what: rate[1].replace(/\s+/g, ' '), figure: Number(rate[2]), unit: 'jobs/s' }
    const [, what, p50, p95, p99] = /^(.*): p50 ([\d.]+) ms, p95 ([\d.]+) ms, p99 ([\d.]+) ms/.exec(line)
    return { what: `${what}, p99`, figure: Number(p99), unit: 'ms', note: `p50 ${p50} ms, p95 ${p95} ms, with the enqueueing transaction` }
  })
  save('jobs', 'Jobs', rows)
})
