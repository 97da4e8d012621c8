// A lorebook of 10,000 entries looked for in 50,000 letters of chat, English and Russian: our engine beside a scan in JavaScript, which
// puts the text into lower case once and asks includes() for each key. Both must find the same entries.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { isQuick, main, program, save, scratchDirectory } from '../bench.mjs'

let state = 7
/// From 0 to below `below`: mulberry32, so that every run has the same book.
function random(below) {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
  return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296 * below)
}
const syllables = ['ka', 'ron', 'vel', 'ith', 'mor', 'sa', 'dra', 'lin', 'ost', 'ey', 'ра', 'мир', 'во', 'лес', 'ста', 'ди', 'кор', 'на', 'вет', 'ло']
const word = () => {
  const russian = random(2) * 10
  return Array.from({ length: 2 + random(3) }, () => syllables[russian + random(10)]).join('')
}
const title = text => text[0].toUpperCase() + text.slice(1)

function book(entries) {
  const all = {}
  for (let uid = 0; uid < entries; ++uid)
    all[uid] = { uid, key: [title(word()) + ' ' + word(), title(word() + word()), word() + (random(20) ? random(1000) : '')], keysecondary: random(4) ? [] : [word()], selectiveLogic: random(4),
                 content: `Lore number ${uid}.`, order: random(1000) }
  return { entries: all }
}
function chat(letters) {
  let text = ''
  while (text.length < letters) text += (random(8) ? word() : title(word()) + (random(3) ? '' : word())) + (random(10) ? ' ' : '. ')
  return text.slice(0, letters)
}

/// The same rules in JavaScript: a primary key, then the secondary ones by their logic.
function scan(entries, text) {
  const lower = text.toLowerCase(), has = key => lower.includes(key.toLowerCase()), found = []
  for (const entry of entries) {
    if (!entry.key.some(has)) continue
    const count = entry.keysecondary.filter(has).length, all = entry.keysecondary.length
    if (all && !(entry.selectiveLogic === 0 ? count > 0 : entry.selectiveLogic === 1 ? count < all : entry.selectiveLogic === 2 ? !count : count === all)) continue
    found.push(entry.uid)
  }
  return found
}

function milliseconds(call) {
  call()
  let calls = 0
  const begin = performance.now()
  for (; performance.now() - begin < (isQuick ? 500 : 3000); ++calls) call()
  return (performance.now() - begin) / calls
}

main(async () => {
  const made = book(10_000), text = chat(50_000), directory = scratchDirectory()
  const files = [path.join(directory, 'book.json'), path.join(directory, 'chat.txt')]
  writeFileSync(files[0], JSON.stringify(made))
  writeFileSync(files[1], text)
  const [times, ...uids] = execFileSync(program('bench_lore'), files, { encoding: 'utf8', maxBuffer: 1 << 24 }).trim().split('\n')
  const [ready, resolved] = times.split(' ').map(Number)

  const entries = Object.values(made.entries), found = scan(entries, text)
  if (found.join() !== uids.join() || found.length < 100) throw new Error(`the two do not find the same: ${found.length} and ${uids.length} entries`)
  const peer = milliseconds(() => scan(entries, text))
  save('lore', 'Lore: 10,000 entries in 50,000 letters', [
    { what: `resolve, ${found.length} entries activate`, figure: resolved, unit: 'ms', peer, ratio: Number((peer / resolved).toFixed(1)), target: '< 5 ms', is_hit: resolved < 5 },
    { what: 'make the book ready, once for each version', figure: ready, unit: 'ms' },
  ])
})
