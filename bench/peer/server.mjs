// The peer: what one would write in Node for the same work, with Fastify and the `postgres` package, on the same
// database. It is given every advantage that costs it no correctness: no sign-in, no logs, no events that outlive the
// connection, ids as they are.
import Fastify from 'fastify'
import postgres from 'postgres'
import { randomUUID } from 'node:crypto'

const { host, port, organization, upstream, isTenantFixed } = JSON.parse(process.argv[2])
const sql = postgres({
  host, port, path: `${host}/.s.PGSQL.${port}`, database: 'ramify', user: 'ramify_admin', max: 10, onnotice() {},
  connection: { role: 'ramify_app', ...(isTenantFixed ? { 'ramify.organization_id': organization } : {}) },
})
const app = Fastify({ logger: false })

/// Row-level security needs the tenant in the transaction, unless there is but one tenant.
const asTenant = read => isTenantFixed ? read(sql) : sql.begin('read only', async tx => (await Promise.all([tx`select set_config('ramify.organization_id', ${organization}, true)`.execute(), read(tx)]))[1])

app.get('/api/v1/chats/:chat', async (request, reply) => {
  const [chat] = await asTenant(tx => tx`
    select c.id, c.title, c.app_id, c.status, c.active_branch_id, c.last_message_at, c.created_at, c.updated_at, c.version,
           coalesce((select min(g.started_seq) - 1 from chats.generation g where g.chat_id = c.id and g.status in ('queued', 'streaming')),
                    (select h.last_seq from stream.head('chat:' || c.id::text) h), 0)::text as position
    from chats.chat c where c.id = ${request.params.chat}`)
  return chat ?? reply.code(404).send({ title: 'not_found' })
})

const messageOf = row => ({
  id: row.id, chat_id: row.chat_id, branch_id: row.branch_id, seq: Number(row.seq), role: row.role, text: row.text,
  variant: {
    id: row.variant_id, message_id: row.id, number: Number(row.number), kind: row.kind, text: row.text, blocks: row.blocks, is_selected: row.is_selected, version_id: row.version_id, created_at: row.variant_created_at,
    generation: row.generation_id && {
      id: row.generation_id, chat_id: row.chat_id, branch_id: row.generation_branch_id, message_id: row.id, variant_id: row.variant_id, status: row.status, provider: row.provider, model: row.model, model_id: row.model_id,
      tokens_in: Number(row.tokens_in), tokens_out: Number(row.tokens_out), tokens_cached: Number(row.tokens_cached), cost_usd: row.cost_usd, error_code: row.error_code, error_message: row.error_message,
      problems: row.problems, attempt: Number(row.attempt), queued_at: row.queued_at, first_token_at: row.first_token_at, ended_at: row.ended_at, run_id: row.run_id,
    },
  },
  variants_count: Number(row.variants_count), created_at: row.created_at,
})

app.get('/api/v1/chats/:chat/messages', async (request, reply) => {
  const limit = Number(request.query.limit ?? 50), after = Number(request.query.cursor ?? 0)
  return asTenant(async tx => {
    const [branch] = await tx`select b.id, b.messages_count from chats.chat c join chats.branch b on b.organization_id = c.organization_id and b.id = c.active_branch_id where c.id = ${request.params.chat}`
    if (!branch) return reply.code(404).send({ title: 'not_found' })
    const rows = await tx`
      select m.id, m.chat_id, m.branch_id, m.seq, m.role, m.created_at, m.variants_count, s.*
      from chats.lineage l
      join chats.message m on m.organization_id = l.organization_id and m.segment_id = l.segment_id
       and m.seq between greatest(l.seq_from, ${after}::bigint + 1) and least(l.seq_to, ${after}::bigint + ${limit}::bigint)
      join chats.shown_variant s on s.organization_id = m.organization_id and s.message_id = m.id
       and case when l.pinned_variant_id is not null and m.seq = l.seq_to then s.variant_id = l.pinned_variant_id else s.is_selected end
      where l.branch_id = ${branch.id} and l.seq_from <= ${after}::bigint + ${limit}::bigint and l.seq_to > ${after}::bigint
      order by m.seq`
    return { items: rows.map(messageOf), next_cursor: after + rows.length < Number(branch.messages_count) ? String(after + rows.length) : null }
  })
})

app.get('/api/v1/apps', async request => {
  const limit = Number(request.query.limit ?? 50)
  const rows = await asTenant(tx => tx`
    select a.id, a.name, a.template, a.project_id, a.chat_id, a.branch_id, b.head_version_id as current_version_id, a.created_at, a.updated_at, a.version
    from apps.app a left join apps.branch b on b.organization_id = a.organization_id and b.id = a.branch_id
    order by a.updated_at desc, a.id desc limit ${limit + 1}`)
  return { items: rows.slice(0, limit), next_cursor: rows.length > limit ? rows[limit - 1].id : null }
})

// ---- the relay: what was said and an empty answer in one transaction, the model's words to the client as they come and
// to the database every half second, the whole answer at the end

const flushMs = 500

app.post('/api/v1/chats/:chat/messages', async (request, reply) => {
  const chat = request.params.chat, question = randomUUID(), answer = randomUUID(), generation = randomUUID()
  const history = await sql.begin(async tx => {
    await tx`select set_config('ramify.organization_id', ${organization}, true)`
    const seen = await tx`select role, text from bench.message where chat_id = ${chat} order by seq`
    await tx`insert into bench.message (id, chat_id, seq, role, text) values (${question}, ${chat}, ${seen.length + 1}, 'user', ${request.body.text}), (${answer}, ${chat}, ${seen.length + 2}, 'assistant', '')`
    await tx`insert into bench.generation (id, message_id, status) values (${generation}, ${answer}, 'streaming')`
    return seen
  })
  reply.hijack()
  const out = reply.raw
  out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let position = 0, text = '', seq = 0, rest = ''
  const say = (type, data) => out.write(`id: ${++seq}\nevent: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  say('generation.started', { generation_id: generation, message_id: answer })
  const flush = () => sql`update bench.message set text = ${text} where id = ${answer}`
  let flushed = Promise.resolve()
  const timer = setInterval(() => { flushed = flushed.then(flush) }, flushMs)
  const body = JSON.stringify({ model: 'bench', stream: true, messages: [...history.map(m => ({ role: m.role, content: m.text })), { role: 'user', content: request.body.text }] })
  const model = await fetch(upstream + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const decoder = new TextDecoder()
  for await (const chunk of model.body) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue
      const piece = JSON.parse(line.slice(6)).choices[0]?.delta?.content
      if (!piece) continue
      say('block.delta', { block: 1, position, text: piece })
      text += piece
      position += Buffer.byteLength(piece)
    }
  }
  clearInterval(timer)
  await flushed
  await sql.begin(async tx => {
    await tx`update bench.message set text = ${text} where id = ${answer}`
    await tx`update bench.generation set status = 'done', ended_at = now() where id = ${generation}`
  })
  say('generation.done', { generation_id: generation })
  out.end()
})

await sql`select 1`
await app.listen({ host: '127.0.0.1', port: 0 })
console.log(JSON.stringify({ port: app.server.address().port }))
process.on('SIGTERM', () => process.exit(0))
