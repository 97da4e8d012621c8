// `ramify cards convert` beside independent tools: theirs make the files that ours reads, and read the files that ours makes.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateSync } from 'node:zlib'
import encode from 'png-chunks-encode'
import extract from 'png-chunks-extract'
import text from 'png-chunk-text'
import JSZip from 'jszip'
import * as Cards from 'character-card-utils'

const here = path.dirname(fileURLToPath(import.meta.url))
const program = process.env.RAMIFY_BIN ?? path.join(here, '../../build/dev/ramify')
let folder
before(() => { folder = mkdtempSync(path.join(tmpdir(), 'ramify-cards-')) })
after(() => rmSync(folder, { recursive: true }))

const v1 = { name: 'Vera', description: 'Drives {{user}} — Straße 😀', personality: 'dry', scenario: '', first_mes: 'Tickets, please.', mes_example: '' }
const v2 = Cards.v1ToV2(v1)
Object.assign(v2.data, {
  tags: ['tram'], alternate_greetings: ['Evening.'], extensions: { fav: true, depth_prompt: { prompt: 'p', depth: 4 } },
  character_book: { extensions: {}, entries: [{ keys: ['tram'], content: 'It is red.', extensions: { probability: 50 }, enabled: false, insertion_order: 7 }] },
})
const v3 = { ...v2, spec: 'chara_card_v3', spec_version: '3.0', data: { ...v2.data, group_only_greetings: [], nickname: 'V', creator_notes_multilingual: { ru: 'Привет' } } }
v3.data.character_book = { ...v2.data.character_book, entries: v2.data.character_book.entries.map(entry => ({ ...entry, use_regex: false })) }

const base64 = card => Buffer.from(JSON.stringify(card)).toString('base64')
const picture = () => [
  { name: 'IHDR', data: Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]) },
  { name: 'IDAT', data: deflateSync(Buffer.alloc(2)) },
  { name: 'IEND', data: Buffer.alloc(0) },
]
/** A PNG with these texts before its end. */
function png(...texts) {
  const chunks = picture()
  chunks.splice(-1, 0, ...texts)
  return Buffer.from(encode(chunks))
}

/** What ours makes of the file. */
function converted(file, from, to, ...flags) {
  const [input, output] = [path.join(folder, `in.${from}`), path.join(folder, `out.${to}`)]
  writeFileSync(input, file)
  const run = spawnSync(program, ['cards', 'convert', input, output, ...flags], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  return readFileSync(output)
}
const as_json = (file, from, ...flags) => JSON.parse(converted(file, from, 'json', ...flags))
const texts_of = file => extract(file).filter(chunk => chunk.name === 'tEXt').map(chunk => text.decode(chunk.data))
const unbase64 = said => JSON.parse(Buffer.from(said, 'base64').toString())

test('pictures that other tools make are read', () => {
  assert.deepEqual(as_json(png(text.encode('chara', base64(v2))), 'png', '--to', 'v2').data.extensions, v2.data.extensions)
  assert.deepEqual(as_json(png(text.encode('chara', base64(v2)), text.encode('ccv3', base64(v3))), 'png'), v3)
  const packed = { name: 'zTXt', data: Buffer.concat([Buffer.from('ccv3\0\0'), deflateSync(base64(v3))]) }
  assert.deepEqual(as_json(png(packed), 'png'), v3)
})

test('pictures that ours makes have both cards, valid ones, and no third', () => {
  const texts = texts_of(converted(png(text.encode('chara', base64(v1)), text.encode('Title', 'kept')), 'png', 'png'))
  assert.deepEqual(texts.map(one => one.keyword).sort(), ['Title', 'ccv3', 'chara'])
  const chara = unbase64(texts.find(one => one.keyword === 'chara').text), ccv3 = unbase64(texts.find(one => one.keyword === 'ccv3').text)
  Cards.v2.parse(chara)
  assert.equal(chara.data.first_mes, v1.first_mes)
  assert.equal(ccv3.spec, 'chara_card_v3')
  assert.equal(ccv3.data.description, v1.description)
})

test('archives go both ways', async () => {
  const card = { ...v3, data: { ...v3.data, assets: [{ type: 'icon', uri: 'embeded://assets/icon/images/main.png', name: 'main', ext: 'png' }] } }
  const archive = new JSZip()
  archive.file('card.json', JSON.stringify(card))
  archive.file('assets/icon/images/main.png', png())
  const theirs = await archive.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' })
  const ours = await JSZip.loadAsync(converted(theirs, 'charx', 'charx'), { checkCRC32: true })
  assert.deepEqual(Object.keys(ours.files), ['card.json', 'assets/icon/images/main.png'])
  assert.deepEqual(JSON.parse(await ours.file('card.json').async('string')), card)
  assert.deepEqual(await ours.file('assets/icon/images/main.png').async('nodebuffer'), png())
  assert.deepEqual(as_json(converted(theirs, 'charx', 'png'), 'png').data.character_book, card.data.character_book)
})

test('cards of V1 and V2 that ours writes are valid for the tool of the format', () => {
  for (const card of [v1, v2, v3]) Cards.v2.parse(as_json(JSON.stringify(card), 'json', '--to', 'v2'))
  assert.deepEqual(as_json(JSON.stringify(v3), 'json'), v3)
})
