// Relay of a model's stream: what a person said is kept, a model is asked, its words reach the client as they come and the
// database on the way. The upstream is a program of ours that answers at once.
import { main, startRamify, startPeer, startUpstream, database, makeChats, idText, linesFile, load, save, cpuSeconds, postgresCpuSeconds, round, times, isQuick } from '../bench.mjs'

const tokens = 200

main(async () => {
  const fast = await startUpstream(tokens, 0), paced = await startUpstream(tokens, 20_000)
  const ramify = await startRamify()
  const sql = database(ramify.dataDir)
  await ramify.api('POST', '/api/v1/chats', { title: 'first' })
  const [{ organization_id: organization }] = await sql`select organization_id from chats.chat limit 1`
  await sql`create schema bench`
  await sql`create table bench.message (id uuid primary key, chat_id uuid not null, seq bigint not null, role text not null, text text not null, created_at timestamptz not null default now(), unique (chat_id, seq))`
  await sql`create table bench.generation (id uuid primary key, message_id uuid not null references bench.message, status text not null, queued_at timestamptz not null default now(), ended_at timestamptz)`
  await sql`grant usage on schema bench to ramify_app`
  await sql`grant select, insert, update on all tables in schema bench to ramify_app`
  const parameters = { host: sql.options.host[0], port: sql.options.port[0], organization }
  const models = {}
  for (const [name, upstream] of Object.entries({ fast, paced }))
    models[name] = await ramify.api('POST', '/api/v1/models', { name, provider: 'openai', base_url: upstream.url, model: 'bench', api_key: 'none' })
  const peers = { fast: await startPeer({ ...parameters, upstream: fast.url }), paced: await startPeer({ ...parameters, upstream: paced.url }) }
  const raw = [], rows = []

  const measure = async (server, name, kind, connections, streams, spread_ms) => {
    const chats = await makeChats(sql, organization, streams)
    const file = linesFile(server === ramify ? chats.map(id => idText('chat', id)) : chats)
    const before = [cpuSeconds(server.pid), postgresCpuSeconds(ramify.dataDir)]
    const figures = await load('relay', { port: server.port, connections, streams, chats: file, spread_ms })
    const after = [cpuSeconds(server.pid), postgresCpuSeconds(ramify.dataDir)]
    if (figures.failed || figures.tokens !== streams * tokens) throw new Error(`${name}, c=${connections}: ${figures.failed} failed, ${figures.tokens} of ${streams * tokens} tokens`)
    const result = { server: name, kind, connections, ...figures, server_us_per_token: round((after[0] - before[0]) / figures.tokens * 1e6, 1), server_ms_per_stream: round((after[0] - before[0]) / streams * 1e3, 2), postgres_ms_per_stream: round((after[1] - before[1]) / streams * 1e3, 2) }
    raw.push(result)
    return result
  }
  const describe = r => `first token p50 ${r.first_token.p50_ms.toFixed(1)}, p99 ${r.first_token.p99_ms.toFixed(1)} ms; ${r.bytes_per_token} B/token; CPU ${r.server_ms_per_stream} + PostgreSQL ${r.postgres_ms_per_stream} ms a stream`

  await ramify.api('PATCH', `/api/v1/models/${models.fast.id}`, { is_default: true })
  for (const [connections, streams] of [[1, 60], [32, 640], [100, 1000]].map(([c, s]) => [c, isQuick ? c * 2 : s])) {
    const mine = await measure(ramify, 'ramify', 'at once', connections, streams, 0), peer = await measure(peers.fast, 'node', 'at once', connections, streams, 0)
    const ratio = times(mine.tokens_per_second, peer.tokens_per_second)
    rows.push({ what: `relay, upstream without a pace, c=${connections}`, figure: mine.tokens_per_second, unit: 'tokens/s', peer: peer.tokens_per_second, ratio, ...(connections === 32 ? { target: '≥ 5×', is_hit: ratio >= 5 } : {}), note: `ours ${describe(mine)}. Node ${describe(peer)}` })
    if (connections !== 32) continue
    rows.push({ what: 'first token p99, c=32', figure: round(mine.first_token.p99_ms, 1), unit: 'ms', peer: round(peer.first_token.p99_ms, 1), ratio: times(peer.first_token.p99_ms, mine.first_token.p99_ms), target: '< 50 ms', is_hit: mine.first_token.p99_ms < 50, note: 'from the request to the first token at the client; the upstream answers at once' })
    rows.push({ what: 'bytes on the wire a token, c=32', figure: mine.bytes_per_token, unit: 'B', peer: peer.bytes_per_token, ratio: times(peer.bytes_per_token, mine.bytes_per_token), target: '< 150', is_hit: mine.bytes_per_token < 150, note: 'tokens of 7 bytes; tokens that arrive together travel together' })
  }
  await ramify.api('PATCH', `/api/v1/models/${models.paced.id}`, { is_default: true })
  const streams = isQuick ? 100 : 200
  const mine = await measure(ramify, 'ramify', '50 tokens/s', 100, streams, 4_000), peer = await measure(peers.paced, 'node', '50 tokens/s', 100, streams, 4_000)
  rows.push({ what: 'share of time to first token, p95, c=100', figure: round(mine.first_token.p95_ms, 1), unit: 'ms', peer: round(peer.first_token.p95_ms, 1), ratio: times(peer.first_token.p95_ms, mine.first_token.p95_ms), target: '< 10 ms', is_hit: mine.first_token.p95_ms < 10, note: `upstream at 50 tokens/s a stream, its first token at once. ours ${describe(mine)}. Node ${describe(peer)}` })
  rows.push({ what: 'token from upstream to client, p99, c=100', figure: round(mine.token.p99_ms, 2), unit: 'ms', peer: round(peer.token.p99_ms, 2), ratio: times(peer.token.p99_ms, mine.token.p99_ms), note: 'same run' })
  rows.push({ what: 'bytes on the wire a token, 50 tokens/s', figure: mine.bytes_per_token, unit: 'B', peer: peer.bytes_per_token, ratio: times(peer.bytes_per_token, mine.bytes_per_token), target: '< 150', is_hit: mine.bytes_per_token < 150, note: 'every token is a frame of its own at this pace' })
  save('relay', 'Relay of 200-token streams, against Fastify on the same database', rows, raw)
})
