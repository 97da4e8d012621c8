// PostgreSQL in its cage beside plain postgres (postgres.cpp). Targets: ../../src/modules/databases/postgres/README.md.
import path from 'node:path'
import { main, here, linesOf, save, round, times, scratchDirectory } from '../bench.mjs'

main(async () => {
  process.env.BENCH_POSTGRES_IMAGES = path.join(here, '../tests/postgres_images/node_modules')
  process.env.BENCH_DIRECTORY = scratchDirectory()
  const rows = (await linesOf('bench_postgres')).map(line => {
    const [what, figure, unit, peer, note] = line.split('\t')
    const row = { what, figure: round(Number(figure), 2), unit, note }
    if (peer) Object.assign(row, { peer: round(Number(peer), 2), ratio: times(Number(peer), Number(figure)) })
    return row
  })
  save('postgres', 'PostgreSQL in a cage, against the same PostgreSQL without one', rows)
})
