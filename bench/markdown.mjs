// Writes the tables of RESULTS.md, between its markers, from results/*.json. A table whose benchmark has no result here stays.
import { readFileSync, writeFileSync, readdirSync, existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const begin = '<!-- tables: bench/run --markdown -->', end = '<!-- end of tables -->'
const order = ['api', 'relay', 'followers', 'start', 'apps', 'scanner', 'stream', 'jobs', 'states', 'postgres', 'databases', 'script', 'database_proxy', 'liquid', 'lore']
const cell = value => value === undefined ? '' : String(value).replaceAll('|', '\\|')
const number = value => typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 3 }) : cell(value)

function table(result) {
  const hasPeer = result.rows.some(row => row.peer !== undefined), hasTarget = result.rows.some(row => row.target)
  const columns = ['what', 'figure', ...(hasPeer ? ['peer', 'ratio'] : []), ...(hasTarget ? ['target', ''] : []), 'how']
  const lines = result.rows.map(row => [
    cell(row.what), `${number(row.figure)} ${row.unit}`,
    ...(hasPeer ? [row.peer === undefined ? '' : `${number(row.peer)} ${row.unit}`, row.ratio === undefined ? '' : `${row.ratio}×`] : []),
    ...(hasTarget ? [cell(row.target), row.is_hit === undefined ? '' : row.is_hit ? 'hit' : '**missed**'] : []),
    cell(row.note),
  ])
  const busy = result.busy_cores > 0.2 ? ` **${result.busy_cores} cores were busy with something else.**` : ' The machine was quiet.'
  return [`### ${result.title}`, '', `\`${result.command}\`, ${result.at}, commit ${result.commit || 'unknown'}.${busy}${result.is_quick ? ' Quick run.' : ''}`, '',
    `| ${columns.join(' | ')} |`, `|${columns.map(() => '---').join('|')}|`, ...lines.map(line => `| ${line.join(' | ')} |`), ''].join('\n')
}

const directory = path.join(here, 'results')
const names = existsSync(directory) ? readdirSync(directory).filter(name => name.endsWith('.json')).map(name => name.slice(0, -5)) : []
const results = names.map(name => JSON.parse(readFileSync(path.join(directory, `${name}.json`), 'utf8')))
if (!results.length) throw new Error('there are no results yet: run ./dev bench')
const file = path.join(here, 'RESULTS.md'), text = readFileSync(file, 'utf8')
const [before, after] = [text.slice(0, text.indexOf(begin) + begin.length), text.slice(text.indexOf(end))]
const tables = new Map(text.slice(before.length, text.length - after.length).split(/^(?=### )/m).slice(1).map(one => [/`\.\/dev bench (\w+)`/.exec(one)[1], one.trimEnd() + '\n']))
for (const result of results) tables.set(result.name, table(result))
const sorted = [...tables].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)).map(([, one]) => one)
writeFileSync(file, [before, '', `Machine: ${results[0].machine}; Node ${results[0].node.slice(1)}.`, '', ...sorted, after].join('\n'))
