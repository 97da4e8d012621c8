// People on many chats, a model that fails in every way, readers that are cut off, a server that is killed: after every
// round, folding the events that a reader got gives what the API shows, and each reader got each event once.
//
//     node --test tests/blackbox/simulation.test.mjs     RAMIFY_SIMULATION_SEED repeats a run, RAMIFY_SIMULATION_ROUNDS says how long
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server, chance, eventually, fresh_dir, no_processes_left } from './server.mjs';
import { folded } from './fold.mjs';
import { Model } from './model.mjs';

const seed = Number(process.env.RAMIFY_SIMULATION_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.RAMIFY_SIMULATION_ROUNDS ?? 12);
const chats_count = 5;
const people_of_a_chat = 2;
const words = ['one ', 'два ', 'three 🙂 ', '<b>four</b> ', 'five\n', '{{ six }} '];

/** Follows a chat, remembers what came, and comes back after each cut with the last id. */
class Reader {
  events = [];
  texts = new Map();  // by block: what its deltas have said
  last_id = '';

  constructor(chat_id) { this.chat_id = chat_id; }

  async follow(url) {
    this.cut = new AbortController();
    try {
      const headers = { Accept: 'text/event-stream', 'Last-Event-ID': this.last_id || '0' };
      const response = await fetch(`${url}/api/v1/chats/${this.chat_id}/events`, { headers, signal: this.cut.signal });
      let rest = '';
      for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
        const frames = (rest + bytes).split('\n\n');
        rest = frames.pop();
        for (const frame of frames) this.take(frame);
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;  // anything else is a cut
    }
  }

  take(frame) {
    const line = (name) => frame.split('\n').find((one) => one.startsWith(`${name}: `))?.slice(name.length + 2);
    const data = line('data');
    if (!data) return;
    const event = JSON.parse(data);
    const type = line('event');
    if (type === 'block.delta') {
      const said = this.texts.get(event.block) ?? '';
      assert.equal(event.position, Buffer.byteLength(said), `deltas of block ${event.block} of ${this.chat_id} join`);
      this.texts.set(event.block, said + event.text);
    } else if (line('id')) this.events.push({ ...event, type });
    this.last_id = line('id') ?? this.last_id;
  }
}

/** One thing that a person does, chosen by chance. */
async function act(api, model, random, chat) {
  const any = (list) => list[Math.floor(random() * list.length)];
  const script = () => {
    const pieces = Array.from({ length: 1 + Math.floor(random() * 12) }, () => any(words));
    const dice = random();
    model.next(pieces, { hangs: dice < 0.1, drops: dice > 0.85, status: dice > 0.95 ? 400 : 200 });
    return dice < 0.1;
  };
  const ask = async (target, body = {}) => {
    const hangs = script();
    const posted = await api.post(target, { model: 'simulated', ...body });
    if (hangs || random() < 0.15) await api.post(`/api/v1/generations/${posted.generation.id}/abort`);
  };
  const branch = any(await api.all(`/api/v1/chats/${chat}/branches`));
  const on = { branch_id: branch.id };
  const history = await api.all(`/api/v1/chats/${chat}/messages?branch_id=${branch.id}`);
  const message = any(history);
  const dice = random();
  if (dice < 0.35 || !message) return ask(`/api/v1/chats/${chat}/messages`, { ...on, text: `${any(words)} ${random()}` });
  if (dice < 0.45) return ask(`/api/v1/chats/${chat}/generate`, on);
  if (dice < 0.55) return ask(`/api/v1/chats/${chat}/continue`, on);
  if (dice < 0.62) return ask(`/api/v1/chats/${chat}/impersonate`, on);
  if (dice < 0.74) return ask(`/api/v1/messages/${message.id}/regenerate`, on);
  if (dice < 0.82) return api.call('PATCH', `/api/v1/messages/${message.id}`, { text: `Edited ${random()}`, in_place: random() < 0.5 });
  if (dice < 0.88) return api.post(`/api/v1/chats/${chat}/branches`, { from_message_id: message.id, ...on });
  if (dice < 0.94) return api.post(`/api/v1/messages/${message.id}/variants/${any(await api.all(`/api/v1/messages/${message.id}/variants`)).id}/select`);
  return api.call('DELETE', `/api/v1/messages/${message.id}`);
}

/** A refusal is an answer; a connection that broke is what the kill was for. */
async function survive(action) {
  try {
    await action;
  } catch (error) {
    assert.ok(error.status === undefined || [400, 404, 409, 422, 429, 503].includes(error.status), `refused: ${error.message}`);
  }
}

const told = (message) => ({ id: message.id, seq: message.seq, role: message.role, text: message.text, variant_id: message.variant.id,
                             blocks: message.variant.blocks.map((block) => [block.type, block.content, block.status]) });

async function all_events(api, chat) {
  const events = [];
  for (let after = 0;;) {
    const page = await api.call('GET', `/api/v1/chats/${chat}/events?after=${after}&limit=100`, undefined, { Accept: 'application/json' });
    events.push(...page.items.filter((item) => item.seq !== undefined));
    if (!page.next_cursor || page.items.length === 0) return events;
    after = page.next_cursor;
  }
}

async function check(server, reader) {
  const { api } = server;
  const stored = await all_events(api, reader.chat_id);
  await eventually('all events at the reader', () => reader.events.length >= stored.length);
  assert.deepEqual(reader.events.map((event) => event.type), stored.map((event) => event.type), 'each event came once, in order');
  const branches = await api.all(`/api/v1/chats/${reader.chat_id}/branches`);
  for (const branch of branches) {
    const messages = await api.all(`/api/v1/chats/${reader.chat_id}/messages?branch_id=${branch.id}`);
    assert.deepEqual(folded(reader.events, branches, branch.id), messages.map(told), `events fold to the history of ${branch.id}`);
  }
}

test('people, drops, aborts, cuts and kills: the events fold to what the API shows', { timeout: 15 * 60_000 }, async (t) => {
  console.log(`# seed ${seed}: RAMIFY_SIMULATION_SEED=${seed} repeats it`);
  const random = chance(seed);
  const model = await Model.start(t);
  const data_dir = fresh_dir(t);
  let server = await Server.start(data_dir);
  t.after(async () => { await server.kill(); });
  await server.api.post('/api/v1/models', { name: 'simulated', provider: 'openai', base_url: model.url, model: 'test', first_token_timeout_ms: 2000, between_tokens_timeout_ms: 500 });
  const readers = [];
  for (let i = 0; i < chats_count; ++i) readers.push(new Reader((await server.api.post('/api/v1/chats', { title: `Chat ${i}` })).id));

  for (let round = 1; round <= rounds; ++round) {
    let is_over = false;
    const following = readers.map(async (reader) => { while (!is_over) await reader.follow(server.url); });
    const people = readers.flatMap((reader) => Array.from({ length: people_of_a_chat }, () => survive(act(server.api, model, random, reader.chat_id))));
    for (const reader of readers) if (random() < 0.5) reader.cut?.abort();
    if (round % 5 === 0) {
      await Promise.race(people);
      await server.kill();
      await Promise.all(people);
      server = await Server.start(data_dir);
    }
    await Promise.all(people);
    await eventually('the end of all generations', async () => {
      const left = server.sql("select coalesce(string_agg(id::text, ' '), '') from chats.generation where ended_at is null");
      return left === '';
    });
    for (const reader of readers) await check(server, reader);
    is_over = true;
    for (const reader of readers) reader.cut.abort();
    await Promise.all(following);
  }
  const counts = server.sql("select string_agg(status || ' ' || n, ', ') from (select status, count(*) as n from chats.generation group by status order by status) g");
  console.log(`# generations: ${counts}`);
  assert.match(counts, /done/);
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(data_dir);
});
