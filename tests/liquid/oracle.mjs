// Both engines beside each other: liquidjs in this process, ours in one child (src/testing/liquid_renderer.cpp).
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import { Liquid } from 'liquidjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const program = process.env.RAMIFY_LIQUID_RENDERER ?? path.join(here, '../../build/dev/liquid_renderer')
const now_ms = 1_700_000_000_000
Date.now = () => now_ms

/** What LiquidJS makes of it: {output}, or {problem: {message, line, column, template_name}}. */
export function wanted({ text, context, templates = {} }) {
  const engine = new Liquid({ templates, locale: 'en-US' })
  try {
    // A half of a surrogate pair cannot leave as UTF-8.
    return { output: engine.parseAndRenderSync(text, JSON.parse(context)).toWellFormed() }
  } catch (error) {
    const place = /^(.*?)(?:, file:(.*?))?, line:(\d+), col:(\d+)$/s.exec(error.message)
    if (!place) return { problem: { message: error.message } }
    return { problem: { message: place[1].toWellFormed(), line: Number(place[3]), column: Number(place[4]), template_name: place[2] ?? '' } }
  }
}

/** Our renderer: `render(case)` gives the same. */
export function start() {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = []
  createInterface({ input: child.stdout }).on('line', line => waiting.shift().done(JSON.parse(line)))
  child.on('exit', code => { for (const { failed } of waiting) failed(new Error(`liquid_renderer ended with ${code}`)) })
  return {
    render: request => new Promise((done, failed) => { waiting.push({ done, failed }); child.stdin.write(JSON.stringify(request) + '\n') }),
    stop: () => new Promise(done => { child.on('exit', done); child.stdin.end() }),
  }
}
