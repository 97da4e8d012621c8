// Followers of chats: what 10,000 idle ones cost, and how long a token takes to 1,000 of one chat.
import { main, startRamify, startUpstream, startLoad, database, makeChats, idText, linesFile, save, cpuSeconds, residentMb, round, sleep, isQuick } from '../bench.mjs'

main(async () => {
  const idle = isQuick ? 1_000 : 10_000, crowd = isQuick ? 100 : 1_000, tokens = 200
  const ramify = await startRamify()
  const sql = database(ramify.dataDir)
  const chat = await ramify.api('POST', '/api/v1/chats', { title: 'followed' })
  const [{ organization_id: organization }] = await sql`select organization_id from chats.chat limit 1`
  const chats = linesFile((await makeChats(sql, organization, idle)).map(id => idText('chat', id)))

  // The first hundred followers also pay for threads, connections and caches, which are there once.
  const first = startLoad('follow', { port: ramify.port, connections: 100, chats })
  await first.nextLine()
  const before = residentMb(ramify.pid), begin = performance.now()
  const many = startLoad('follow', { port: ramify.port, connections: idle, chats })
  await many.nextLine()
  const seconds = (performance.now() - begin) / 1e3
  await sleep(isQuick ? 500 : 3_000)
  const after = residentMb(ramify.pid), cpu = cpuSeconds(ramify.pid)
  await sleep(isQuick ? 500 : 3_000)
  const idleCpu = (cpuSeconds(ramify.pid) - cpu) / (isQuick ? 0.5 : 3)
  many.child.stdin.end()
  first.child.stdin.end()
  const idleFigures = JSON.parse(await many.nextLine())
  if (idleFigures.lost) throw new Error(`${idleFigures.lost} idle followers were disconnected`)

  const upstream = await startUpstream(tokens, 20_000)
  const model = await ramify.api('POST', '/api/v1/models', { name: 'paced', provider: 'openai', base_url: upstream.url, model: 'bench', api_key: 'none', is_default: true })
  const one = startLoad('follow', { port: ramify.port, connections: crowd, chats: linesFile([chat.id]) })
  await one.nextLine()
  const cpuBefore = cpuSeconds(ramify.pid)
  const posted = await ramify.api('POST', `/api/v1/chats/${chat.id}/messages`, { text: 'Tell me something.', model: model.id })
  let status
  do {
    await sleep(100)
    status = (await ramify.api('GET', `/api/v1/generations/${posted.generation.id}`)).status
  } while (status === 'queued' || status === 'streaming')
  await sleep(300)
  const crowdCpu = cpuSeconds(ramify.pid) - cpuBefore
  one.child.stdin.end()
  const figures = JSON.parse(await one.nextLine())
  if (figures.tokens !== crowd * tokens) throw new Error(`${figures.tokens} of ${crowd * tokens} tokens reached their followers (${status})`)
  save('followers', 'Followers of chats', [
    { what: `memory of ${idle} idle followers, each of its own chat`, figure: round(after - before, 1), unit: 'MB', target: '< 500 MB', is_hit: after - before < 500, note: `resident ${round(after, 1)} MB in all, ${round((after - before) * 1024 / idle, 2)} KB each; connected at ${round(idle / seconds)}/s; ${round(idleCpu * 100, 1)} % of a core while idle` },
    { what: `token to ${crowd} followers of one chat, p99`, figure: round(figures.token.p99_ms, 2), unit: 'ms', target: '< 20 ms', is_hit: figures.token.p99_ms < 20, note: `p50 ${figures.token.p50_ms} ms, p95 ${figures.token.p95_ms} ms; upstream's write to follower's read, one client process; ${figures.tokens} deliveries, ${round(crowdCpu / figures.tokens * 1e6, 1)} µs CPU each` },
  ], { idle: { before_mb: before, after_mb: after, seconds, idleCpu, ...idleFigures }, crowd: figures })
})
