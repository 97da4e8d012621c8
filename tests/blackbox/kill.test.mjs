// kill -9 at random moments of the journey. What was acknowledged is there, histories are dense and in order, nothing is
// written for ever, git and database agree, events fold to what the API shows, and no process stays behind.
//
//     node --test tests/blackbox/kill.test.mjs        RAMIFY_SEED repeats a run, RAMIFY_KILLS says how often to kill
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server, chance, eventually, fresh_dir, git, no_processes_left, repository_of, seed } from './server.mjs';
import { folded } from './fold.mjs';

const kills = Number(process.env.RAMIFY_KILLS ?? 50);
const apps_max = 6;

/** What the server said that it has done. */
class Acknowledged {
  apps = new Map();
  messages = [];
  branches = new Map();
  versions = [];
  endings = new Map();
  aborted = new Set();
  regenerated = new Set();
  removed = [];
  previews = new Map();
  /** What was sent of an edit and not acknowledged may have happened or not. */
  edits = new Map();
  being_edited = new Set();
}

const texts = ['Add a counter', 'Make it dark', 'Write a longer introduction, please', 'добавь кнопку', 'Add a list of three things'];

/** The variant that the generation wrote, as it is now. */
async function written_by(api, generation) {
  const variants = await api.all(`/api/v1/messages/${generation.message_id}/variants`);
  const { text, blocks } = variants.find((variant) => variant.id === generation.variant_id);
  return { text, blocks };
}

/** A person who does the journey's steps in any order until the server is gone. */
async function wander(api, random, done) {
  const any = (list) => list[Math.floor(random() * list.length)];
  /** Sometimes the person changes their mind. */
  const second_thoughts = async (posted) => {
    const dice = random();
    if (dice < 0.15) {
      const aborted = await api.post(`/api/v1/generations/${posted.generation.id}/abort`);
      if (aborted.status === 'aborted') done.aborted.add(aborted.id);
    } else if (dice < 0.5) {
      const ended = await api.settled(posted.generation.id);
      done.endings.set(ended.id, { status: ended.status, written: await written_by(api, ended) });
    }
  };
  const edit = async (message) => {
    if (done.being_edited.has(message.id)) return;
    done.being_edited.add(message.id);
    const text = `${any(texts)}, edited ${random()}`;
    const maybe = done.edits.get(message.id) ?? [];
    done.edits.set(message.id, [...maybe, text]);
    try {
      await api.call('PATCH', `/api/v1/messages/${message.id}`, { text, in_place: random() < 0.5 });
      message.text = text;
      done.edits.delete(message.id);
    } catch (error) {
      if (error.status < 500) done.edits.set(message.id, maybe);  // refused: it did not happen
      throw error;
    } finally {
      done.being_edited.delete(message.id);
    }
  };
  /** On a branch of the person's own, so that nobody else's messages go. */
  const say_and_unsay = async (from) => {
    const branch = await api.post(`/api/v1/chats/${from.chat_id}/branches`, { from_message_id: from.id });
    const posted = await api.say(from.chat_id, `Unsaid ${random()}`, { model: 'demo', branch_id: branch.id });
    await api.settled(posted.generation.id);
    await api.call('DELETE', `/api/v1/messages/${posted.message.id}`);
    done.removed.push({ chat_id: from.chat_id, branch_id: branch.id, ids: [posted.message.id, posted.answer.id] });
  };
  const answers_of = async (message) => (await api.all(`/api/v1/chats/${message.chat_id}/messages?branch_id=${message.branch_id}`)).filter((one) => one.role === 'assistant');
  const step = async () => {
    const app = any([...done.apps.values()]);
    const dice = random();
    if (!app || (dice < 0.1 && done.apps.size < apps_max)) {
      const made = await api.app('Journey');
      done.apps.set(made.id, made);
    } else if (dice < 0.55) {
      const branches = [...done.branches.values()].filter((branch) => branch.chat_id === app.chat_id);
      const branch = random() < 0.5 ? any(branches) : undefined;
      const posted = await api.say(app.chat_id, `${any(texts)} ${random()}`, { model: 'demo', ...(branch ? { branch_id: branch.id } : {}) });
      done.messages.push(posted.message);
      await second_thoughts(posted);
    } else if (dice < 0.62 && done.messages.length) {
      const answer = any(await answers_of(any(done.messages)));
      if (!answer) return;
      if (random() < 0.5) {
        const again = await api.post(`/api/v1/messages/${answer.id}/regenerate`, { model: 'demo' });
        done.regenerated.add(again.generation.id);
        await second_thoughts(again);
      } else {
        const variants = await api.all(`/api/v1/messages/${answer.id}/variants`);
        await api.post(`/api/v1/messages/${answer.id}/variants/${any(variants).id}/select`);
      }
    } else if (dice < 0.68 && done.messages.length) {
      await edit(any(done.messages));
    } else if (dice < 0.72 && done.messages.length) {
      await say_and_unsay(any(done.messages));
    } else if (dice < 0.8 && done.messages.length) {
      const from = any(done.messages);
      const branch = await api.post(`/api/v1/chats/${from.chat_id}/branches`, { from_message_id: from.id });
      done.branches.set(branch.id, branch);
    } else if (dice < 0.9) {
      const versions = await api.all(`/api/v1/apps/${app.id}/versions`);
      done.versions.push(await api.post(`/api/v1/apps/${app.id}/versions/${any(versions).id}/restore`));
    } else {
      const preview = await api.post('/api/v1/previews', { app_id: app.id, branch_id: app.branch_id });
      done.previews.set(preview.id, preview);
    }
  };
  for (;;) {
    try {
      await step();
    } catch (error) {
      if (error.status === undefined) return;  // the connection broke: the server is gone
      assert.ok([404, 409, 422, 429, 503].includes(error.status), `refused: ${error.message}`);  // 503: more than the machine can do
    }
  }
}

async function check_histories(api, app) {
  const branches = await api.all(`/api/v1/chats/${app.chat_id}/branches`);
  const events = await all_events(api, app.chat_id);
  events.forEach((event, index) => assert.equal(event.seq, index + 1, 'events are dense'));
  for (const branch of branches) {
    const messages = await api.all(`/api/v1/chats/${app.chat_id}/messages?branch_id=${branch.id}`);
    messages.forEach((message, index) => assert.equal(message.seq, index + 1, `the history of ${branch.id} is dense`));
    assert.equal(messages.length, branch.messages_count);
    for (const message of messages) {
      const generation = message.variant.generation;
      assert.ok(!generation || (generation.ended_at && !['queued', 'streaming'].includes(generation.status)), 'nothing is written for ever');
    }
    assert.deepEqual(folded(events, branches, branch.id), messages.map(told), `events fold to the history of ${branch.id}`);
  }
  return branches;
}

/** What the events must tell of a message. */
const told = (message) => ({ id: message.id, seq: message.seq, role: message.role, text: message.text, variant_id: message.variant.id,
                             blocks: message.variant.blocks.map((block) => [block.type, block.content, block.status]) });

async function all_events(api, chat_id) {
  const events = [];
  for (let after = 0;;) {
    const page = await api.call('GET', `/api/v1/chats/${chat_id}/events?after=${after}&limit=100`, undefined, { Accept: 'application/json' });
    events.push(...page.items.filter((item) => item.seq !== undefined));
    if (!page.next_cursor || page.items.length === 0) return events;
    after = page.next_cursor;
  }
}

async function check_git(server, organization_id, app, branches) {
  const repository = repository_of(server.data_dir, organization_id, app.id);
  const versions = new Map((await server.api.all(`/api/v1/apps/${app.id}/versions`)).map((version) => [version.id, version]));
  for (const branch of branches)
    assert.equal(git(repository, 'rev-parse', `refs/heads/chat/${branch.id}`), versions.get(branch.current_version_id).commit, `git and database agree on ${branch.id}`);
  for (const version of versions.values()) git(repository, 'cat-file', '-e', `${version.commit}^{tree}`);
}

async function check(server, done) {
  const { api } = server;
  const session = await api.get('/api/v1/session');
  await eventually('the end of all generations', () => server.sql("select count(*) from chats.generation where status in ('queued', 'streaming') or ended_at is null") === '0');
  for (const app of done.apps.values()) {
    assert.equal((await api.get(`/api/v1/apps/${app.id}`)).id, app.id);
    const branches = await check_histories(api, app);
    await check_git(server, session.organization.id, app, branches);
  }
  for (const message of done.messages) {
    const { text } = await api.get(`/api/v1/messages/${message.id}`);
    assert.ok([message.text, ...(done.edits.get(message.id) ?? [])].includes(text), `${message.id} says "${text}" and should say "${message.text}"`);
    message.text = text;
  }
  done.edits.clear();
  for (const { chat_id, branch_id, ids } of done.removed) {
    const left = await api.all(`/api/v1/chats/${chat_id}/messages?branch_id=${branch_id}`);
    assert.ok(!left.some((message) => ids.includes(message.id)), 'what was deleted stays so');
  }
  for (const id of done.aborted) assert.equal((await api.get(`/api/v1/generations/${id}`)).status, 'aborted');
  for (const id of done.regenerated) assert.ok((await api.get(`/api/v1/generations/${id}`)).ended_at);
  for (const branch of done.branches.values()) assert.equal((await api.get(`/api/v1/branches/${branch.id}`)).id, branch.id);
  for (const version of done.versions) assert.equal((await api.get(`/api/v1/apps/${version.app_id}/versions/${version.id}`)).commit, version.commit);
  for (const preview of done.previews.values()) assert.equal((await api.get(`/api/v1/previews/${preview.id}`)).id, preview.id);
  for (const [id, ended] of done.endings) {
    const generation = await api.get(`/api/v1/generations/${id}`);
    assert.equal(generation.status, ended.status, 'what had ended does not change');
    assert.deepEqual(await written_by(api, generation), ended.written);
  }
}

test(`${kills} times kill -9 in the middle of the journey`, { timeout: 20 * 60_000 }, async (t) => {
  console.log(`# seed ${seed}: RAMIFY_SEED=${seed} repeats it`);
  const random = chance(seed);
  const data_dir = fresh_dir(t);
  const done = new Acknowledged();
  let server;
  t.after(async () => { await server?.kill(); });
  for (let round = 1; round <= kills; ++round) {
    // Half of the rounds with a model so quick that answers also end before the kill.
    server = await Server.start(data_dir, { args: random() < 0.5 ? ['--demo-word-ms', '0'] : [] });
    if (round % 10 === 1) await check(server, done);
    const people = [1, 2, 3].map(() => wander(server.api, random, done));
    // The moment of the kill is the chance of this test, and not a wait for something.
    await new Promise((resolve) => setTimeout(resolve, 20 + random() * (random() < 0.2 ? 3000 : 800)));
    await server.kill();
    await Promise.all(people);
  }
  server = await Server.start(data_dir);
  await check(server, done);
  const organization_id = (await server.api.get('/api/v1/session')).organization.id;
  for (const app of done.apps.values()) git(repository_of(data_dir, organization_id, app.id), 'fsck', '--strict', '--no-dangling');
  assert.equal((await server.api.get('/api/v1/audit_entries/verify')).is_valid, true);
  console.log(`# acknowledged: ${done.apps.size} apps, ${done.messages.length} messages, ${done.branches.size} branches, ${done.versions.length} restored versions, ${done.endings.size} endings, ${done.aborted.size} aborted, ${done.regenerated.size} regenerated, ${done.removed.length} unsaid`);
  assert.ok(done.messages.length >= kills / 2, 'the journey was walked');
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(data_dir);
});
