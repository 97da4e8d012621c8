// Our Liquid beside liquidjs, byte for byte: templates by hand and by chance, with their errors. docs/liquid.md says what is meant to differ.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { start, wanted } from './oracle.mjs'
import { context, partials, templates } from './examples.mjs'
import { generator } from './generate.mjs'

const count = Number(process.env.LIQUID_TEMPLATES ?? 6000), first = Number(process.env.LIQUID_SEED ?? 1)
let ours
before(() => { ours = start() })
after(async () => { assert.equal(await ours.stop(), 0) })

async function compare(requests) {
  const different = []
  for (const request of requests) {
    const want = wanted(request), got = await ours.render(request)
    try { assert.deepEqual(got, want) } catch { different.push({ ...(request.seed && { seed: request.seed }), text: request.text, want, got }) }
  }
  assert.deepEqual(different.slice(0, 5), [], `${different.length} of ${requests.length} differ`)
}

test('templates by hand print what liquidjs prints, and fail with its words at its place', () => compare(templates.map(text => ({ text, context, templates: partials }))))

test(`${count} templates by chance do too`, async () => {
  const requests = Array.from({ length: count }, (_, i) => ({ ...generator(first + i).next(), seed: first + i }))
  await compare(requests)
  const printed = requests.filter(request => wanted(request).output).length
  assert.ok(printed > count / 3, `only ${printed} print something`)
})

test('every filter and tag of liquidjs is known', async () => {
  const { Liquid } = await import('liquidjs')
  const engine = new Liquid()
  for (const name of Object.keys(engine.filters)) assert.ok(templates.some(text => text.includes(`| ${name}`)) || name === 'sample', `no template uses ${name}`)
  for (const name of Object.keys(engine.tags)) assert.ok(templates.some(text => new RegExp(`\\{%-? ?${name}\\b|\\{%#`).test(text)), `no template uses ${name}`)
})
