// The lexer of SQL scripts: MB/s over migrations, loads and dumps (script.cpp), beside memchr on the same bytes.
import {linesOf, main, save} from '../bench.mjs'

main(async () => {
  const rows = (await linesOf('bench_script')).map(line => {
    const [, what, figure] = /^(.*?)\s+([\d.]+) MB\/s$/.exec(line)
const isLexer = what.includes('chunks')
    return {
    what, figure: Number(figure), unit: 'MB/s', ...(isLexer && {target: '> 200 MB/s', is_hit: Number(figure) > 200}) }
  })
  save('script', 'The lexer of SQL scripts', rows)
})
