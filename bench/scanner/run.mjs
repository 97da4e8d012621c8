// The scanner of changes: MB/s over answers as models write them (scanner.cpp).
import { main, linesOf, save } from '../bench.mjs'

main(async () => {
  const rows = (await linesOf('bench_scanner')).map(line => {
    const [, what, figure] = /^(.*?)\s+([\d.]+) MB\/s$/.exec(line)
    return { what, figure: Number(figure), unit: 'MB/s', target: '> 200 MB/s', is_hit: Number(figure) > 200 }
  })
  save('scanner', 'The scanner of changes', rows)
})
