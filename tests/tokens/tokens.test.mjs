// The counts that kernel/llm's estimate is held against are a real tokenizer's. `node tokens.test.mjs --record` writes them anew.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { encode } from 'gpt-tokenizer/encoding/o200k_base'

const samples = new URL('../../src/kernel/llm/tests/samples/', import.meta.url), file = new URL('counts', samples)
const names = readdirSync(samples).filter(name => name.endsWith('.txt')).sort()
const counts = names.map(name => `${name} ${encode(readFileSync(new URL(name, samples), 'utf8')).length}\n`).join('')

if (process.argv.includes('--record')) writeFileSync(file, counts)
else test('the counts of the samples are those of o200k_base', () => assert.equal(readFileSync(file, 'utf8'), counts))
