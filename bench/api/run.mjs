// Reads over the API, against a Node server that sends the same statements to the same PostgreSQL.
import { main, startRamify, startPeer, database, load, save, cpuSeconds, postgresCpuSeconds, residentMb, round, times, isQuick } from '../bench.mjs'

const seconds = isQuick ? 1 : 4
const messages = 1000, apps = 20

/// A chat of 1,000 messages: questions of a line, answers of a paragraph with the generation that wrote them.
async function fill(sql, chat) {
  await sql.begin(async tx => {
    const [of] = await tx`select c.organization_id, c.id, b.id as branch, b.segment_id as segment from chats.chat c join chats.branch b on b.id = c.active_branch_id where ${chat} = c.title`
    const organization = of.organization_id
    await tx`create temporary table said on commit drop as
      select n as seq, n % 2 = 0 as is_answer, gen_random_uuid() as message, gen_random_uuid() as variant, gen_random_uuid() as generation,
             case when n % 2 = 0 then repeat('The list now shows prices and can be sorted by name. ', 12) else 'Add a column with the price, number ' || n end as text
      from generate_series(1, ${messages}) n`
    await tx`insert into chats.message (organization_id, id, chat_id, branch_id, segment_id, seq, role)
      select ${organization}, message, ${of.id}, ${of.branch}, ${of.segment}, seq, case when is_answer then 'assistant' else 'user' end from said`
    await tx`insert into chats.variant (organization_id, id, message_id, number, kind, text, blocks, is_selected)
      select ${organization}, variant, message, 1, case when is_answer then 'generation' else 'manual_edit' end, text,
             jsonb_build_array(jsonb_build_object('type', 'answer', 'content', text, 'kind', null, 'path', null, 'description', null, 'status', 'done')), true from said`
    await tx`insert into chats.generation (organization_id, id, chat_id, branch_id, message_id, variant_id, seq, status, provider, model, tokens_in, tokens_out, attempt, first_token_at, ended_at, run_id)
      select ${organization}, generation, ${of.id}, ${of.branch}, message, variant, seq, 'done', 'openai', 'bench', 900, 150, 1, now(), now(), gen_random_uuid() from said where is_answer`
    await tx`update chats.branch set messages_count = ${messages} where id = ${of.branch}`
  })
  await sql`vacuum analyze`
  const [row] = await sql`select id, organization_id from chats.chat where title = ${chat}`
  return row
}

main(async () => {
  const ramify = await startRamify()
  const sql = database(ramify.dataDir)
  const chat = await ramify.api('POST', '/api/v1/chats', { title: 'bench of reads' })
  for (let i = 0; i < apps; ++i) await ramify.api('POST', '/api/v1/apps', { name: `bench ${i}`, template: 'static' })
  const { id, organization_id: organization } = await fill(sql, 'bench of reads')
  const parameters = { host: sql.options.host[0], port: sql.options.port[0], organization }
  const peers = { 'a transaction a request': await startPeer(parameters), 'one tenant for ever': await startPeer({ ...parameters, isTenantFixed: true }) }
  const anyPage = of => Array.from({ length: messages - 50 }, (_, i) => `/api/v1/chats/${of}/messages?limit=50&order=oldest&cursor=${i * 389 % (messages - 50)}`)
  const reads = [
    ['GET a chat', [`/api/v1/chats/${chat.id}`], [`/api/v1/chats/${id}`], 5],
    ['GET 50 of 1,000 messages, the same again', [`/api/v1/chats/${chat.id}/messages?limit=50`], [`/api/v1/chats/${id}/messages?limit=50`], 10],
    ['GET 50 of 1,000 messages, one of 950 pages', anyPage(chat.id), anyPage(id), undefined],
    ['GET a list of 20 apps', ['/api/v1/apps?limit=50'], ['/api/v1/apps?limit=50'], undefined],
  ]
  const rows = [], raw = []
  const measure = async (server, name, what, paths, connections) => {
    const before = [cpuSeconds(server.pid), postgresCpuSeconds(ramify.dataDir)]
    const figures = await load('requests', { port: server.port, connections, seconds }, paths)
    const after = [cpuSeconds(server.pid), postgresCpuSeconds(ramify.dataDir)]
    if (figures.failed) throw new Error(`${name}: ${figures.failed} of ${figures.requests} answers to ${paths[0]} were no 200`)
    const perRequest = i => round((after[i] - before[i]) / (figures.requests_per_second * (seconds + 1)) * 1e6, 1)
    const result = { server: name, what, connections, ...figures, server_us: perRequest(0), postgres_us: perRequest(1), resident_mb: round(residentMb(server.pid), 1) }
    raw.push(result)
    return result
  }
  for (const [what, ours, theirs, target] of reads)
    for (const connections of [16, 64]) {
      const mine = await measure(ramify, 'ramify', what, ours, connections)
      const [peer, fixed] = [await measure(peers['a transaction a request'], 'node', what, theirs, connections), await measure(peers['one tenant for ever'], 'node, one tenant', what, theirs, connections)]
      const ratio = times(mine.requests_per_second, peer.requests_per_second)
      const describe = r => `p50 ${r.delay.p50_ms.toFixed(2)}, p99 ${r.delay.p99_ms.toFixed(2)} ms; CPU ${r.server_us} + PostgreSQL ${r.postgres_us} µs; ${r.resident_mb} MB`
      rows.push({ what: `${what}, c=${connections}`, figure: mine.requests_per_second, unit: 'req/s', peer: peer.requests_per_second, ratio, ...(target ? { target: `≥ ${target}×`, is_hit: ratio >= target } : {}),
                  note: `ours ${describe(mine)}. Node ${describe(peer)}. Node without tenants ${fixed.requests_per_second} req/s, CPU ${fixed.server_us} µs` })
    }
  save('api', 'Reads over the API, against Fastify with `postgres` on the same database', rows, raw)
})
