// A prompt of a chat rendered by our Liquid and by liquidjs from the same parsed template and data; both must print the same.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Liquid } from 'liquidjs'
import { here, isQuick, main, program, save, scratchDirectory } from '../bench.mjs'
import { context } from './context.mjs'

/// Microseconds of one call, over a second, after the engine has warmed up.
function microseconds(call) {
  const run = ms => {
    let calls = 0
    const begin = performance.now()
    for (; performance.now() - begin < ms; calls += 20) for (let i = 0; i < 20; ++i) call()
    return (performance.now() - begin) * 1000 / calls
  }
  run(isQuick ? 200 : 2000)
  return run(1000)
}

main(async () => {
  const template = path.join(here, 'liquid/prompt.liquid'), data = path.join(scratchDirectory(), 'context.json')
  writeFileSync(data, JSON.stringify(context))
  process.env.TZ = 'UTC'
  const told = execFileSync(program('bench_liquid'), [template, data], { encoding: 'utf8' })
  const lineEnd = told.indexOf('\n'), [parse, render] = told.slice(0, lineEnd).split(' ').map(Number)

  const text = readFileSync(template, 'utf8'), engine = new Liquid(), parsed = engine.parse(text)
  const printed = engine.renderSync(parsed, context)
  if (printed !== told.slice(lineEnd + 1)) throw new Error('the two engines do not print the same')
  const peer = { render: microseconds(() => engine.renderSync(parsed, context)), parse: microseconds(() => engine.parse(text)) }

  const row = (what, figure, of, rest = {}) => ({ what, figure, unit: 'µs', peer: of, ratio: Number((of / figure).toFixed(1)), ...rest })
  save('liquid', 'Prompt templates: Liquid', [
    row('render a prompt of 40 messages, 14 KB', render, peer.render, { target: '>= 20x liquidjs', is_hit: peer.render / render >= 20 }),
    row('parse its template', parse, peer.parse),
  ])
})
