// Apps: how long until a person sees something. Every time is from the first request of it to a page that answers 200.
import http from 'node:http'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { main, startRamify, startUpstream, start, load, program, save, percentile, round, sleep, isQuick } from '../bench.mjs'

const rounds = isQuick ? 2 : 5, restores = isQuick ? 5 : 20, edits = isQuick ? 20 : 500

const get = (port, host, path = '/') => new Promise((done, failed) => {
  http.get({ host: '127.0.0.1', port, path, headers: { host: `${host}:${port}`, accept: 'text/html,*/*' } }, answer => {
    answer.resume()
    answer.on('end', () => done(answer.statusCode))
  }).on('error', failed)
})

async function untilReady(ramify, preview) {
  const host = new URL(preview.url).hostname
  for (let wait = 2; preview.status !== 'ready'; wait = Math.min(wait + 2, 20)) {
    if (preview.status === 'failed') throw new Error(`the preview failed: ${preview.error}`)
    await sleep(wait)
    preview = await ramify.api('GET', `/api/v1/previews/${preview.id}`)
  }
  const status = await get(ramify.port, host)
  if (status !== 200) throw new Error(`${preview.url} answers ${status}`)
  return { ...preview, host }
}
const open = async (ramify, app, branch) => untilReady(ramify, await ramify.api('POST', '/api/v1/previews', { app_id: app.id, branch_id: branch }))

async function timed(f) {
  const begin = performance.now()
  const value = await f()
  return [performance.now() - begin, value]
}

async function say(ramify, app) {
  const posted = await ramify.api('POST', `/api/v1/chats/${app.chat_id}/messages`, { text: 'Hello.' })
  for (;;) {
    const { status } = await ramify.api('GET', `/api/v1/generations/${posted.generation.id}`)
    if (status === 'done') return posted.answer
    if (status === 'error' || status === 'aborted') throw new Error(`the answer ended as ${status}`)
    await sleep(5)
  }
}

const ms = times => ({ figure: round(percentile(times, 0.5)), unit: 'ms', note: `median of ${times.length}: ${times.map(time => Math.round(time)).join(', ')} ms` })
const below = (limit, times) => ({ target: `< ${limit} ms`, is_hit: percentile(times, 0.5) < limit })

/// The process inside the cage that listens at `port` there; only root may look.
function insideCage(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const own = readlinkSync('/proc/self/ns/net')
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== own && [4, 6].some(v => new RegExp(`:${hex} [0-9A-F:]+ 0A `).test(readFileSync(`/proc/${pid}/net/tcp${v === 6 ? '6' : ''}`, 'utf8')))) return pid
    } catch { /* it has ended, or is not ours to see */ }
  }
}

main(async () => {
  const upstream = await startUpstream(20, 0)
  const ramify = await startRamify()
  await ramify.api('POST', '/api/v1/models', { name: 'bench', provider: 'openai', base_url: upstream.url, model: 'bench', api_key: 'none', is_default: true })
  const rows = [], raw = {}

  const createToPreview = async template => {
    const [time, made] = await timed(async () => {
      const app = await ramify.api('POST', '/api/v1/apps', { name: 'bench', template })
      return { app, preview: await open(ramify, app, app.branch_id) }
    })
    return [time, made]
  }
  const branchToPreview = async (app, message) => timed(async () => open(ramify, app, (await ramify.api('POST', `/api/v1/chats/${app.chat_id}/branches`, { from_message_id: message.id })).id))
  const overhead = async (what, preview, path, direct) => {
    const through = await load('requests', { port: ramify.port, host: `${preview.host}:${ramify.port}`, connections: 1, seconds: isQuick ? 1 : 3 }, [path])
    if (through.failed) throw new Error(`${through.failed} of ${through.requests} requests of ${path} through the preview failed`)
    const alone = direct && await direct(path)
    raw[what] = { through, alone }
    const figure = alone ? through.delay.p50_ms - alone.delay.p50_ms : through.delay.p50_ms
    rows.push({ what, figure: round(figure, 3), unit: 'ms', ...(alone ? { target: '< 0.3 ms', is_hit: figure < 0.3 } : {}), note: `p50 through the preview ${through.delay.p50_ms} ms (p99 ${through.delay.p99_ms})` + (alone ? `, inside the cage ${alone.delay.p50_ms} ms (p99 ${alone.delay.p99_ms})` : '') })
  }

  for (const template of ['static', 'react-vite']) {
    const first = await createToPreview(template)
    if (template === 'react-vite') rows.push({ what: 'create to preview, react-vite, dependencies new', figure: round(first[0]), unit: 'ms', note: 'once; npm installs from the registry that the host is configured with' })
    const times = []
    let made = first[1]
    for (let i = 0; i < rounds; ++i) {
      await ramify.api('DELETE', `/api/v1/apps/${made.app.id}`)
      const [time, next] = await createToPreview(template)
      times.push(time)
      made = next
    }
    rows.push({ what: `create to preview, ${template}`, ...ms(times), ...below(2_000, times) })
    const message = await say(ramify, made.app)
    const branches = []
    for (let i = 0; i < rounds; ++i) {
      const [time, preview] = await branchToPreview(made.app, message)
      branches.push(time)
      await ramify.api('DELETE', `/api/v1/previews/${preview.id}`)
    }
    rows.push({ what: `branch to preview, ${template}`, ...ms(branches), ...below(1_000, branches) })
    if (template === 'static') await overhead('a small page through a static preview, p50', made.preview, '/index.html')
    else {
      const pid = process.getuid() === 0 && insideCage(5173)
      const direct = pid && (async path => {
        const inside = start('nsenter', ['-t', String(pid), '-n', program('bench_load'), 'requests', '--port', '5173', '--host', 'localhost:5173', '--connections', '1', '--seconds', isQuick ? '1' : '3', path])
        return JSON.parse(await inside.nextLine())
      })
      await overhead('overhead of the preview proxy, p50', made.preview, '/src/lib/cn.ts', direct)
    }
    await ramify.api('DELETE', `/api/v1/apps/${made.app.id}`)
  }

  // An app of 500 files, each written as a version of its own: so it has 500 versions, too.
  const [, { app }] = await createToPreview('static')
  const [writing] = await timed(async () => {
    for (let i = 0; i < edits; ++i) await ramify.api('PUT', `/api/v1/apps/${app.id}/files`, { path: `pages/page${i}.html`, content: `<h1>Page ${i}</h1>\n`.repeat(20) })
  })
  rows.push({ what: `a file written as a version, ${edits} after each other`, figure: round(writing / edits, 2), unit: 'ms', note: 'mean; commit, row, event, audit; durable' })
  const message = await say(ramify, app)
  const branches = []
  for (let i = 0; i < rounds; ++i) branches.push((await branchToPreview(app, message))[0])
  rows.push({ what: `branch to preview, ${edits} files, static`, ...ms(branches), ...below(1_000, branches), note: ms(branches).note + '; the target is with a database of 1 GB, which is not there yet' })
  const { items: versions } = await ramify.api('GET', `/api/v1/apps/${app.id}/versions?limit=100`)
  const times = []
  for (let i = 0; i < restores; ++i) times.push((await timed(() => ramify.api('POST', `/api/v1/apps/${app.id}/versions/${versions[(i * 7) % versions.length].id}/restore`, {})))[0])
  rows.push({ what: `restore one of ${edits} versions`, ...ms(times), ...below(100, times) })
  save('apps', 'Apps: time until something is seen', rows, raw)
})
