// Bad days of the real binary: its disk is full, its database or itself is killed, its previews misbehave.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Model } from './model.mjs';
import { app_with, serves, through } from './previews.mjs';
import { Refused, Server, eventually, fresh_dir, git, git_with, leave_out, no_processes_left, repository_of, sql } from './server.mjs';

const patience = { timeout: 15 * 60_000 };

/** The refusal of a call, which must be a problem document that says what to do. */
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Refused, `the connection broke: ${error.message} ${error.cause ?? ''}`);
    assert.match(error.headers.get('content-type'), /^application\/problem\+json/);
    assert.equal(error.problem.status, error.status);
    assert.ok(error.problem.code && error.problem.detail, JSON.stringify(error.problem));
    return error;
  }
  return undefined;
}

test('the line `ready` is all of stdout; SIGTERM drains and exits 0', patience, async (t) => {
  const data_dir = fresh_dir(t);
  const server = await Server.start(data_dir, { args: ['--demo-word-ms', '50', '--drain-ms', '500'] });
  t.after(() => server.kill());
  for (const probe of ['/healthz', '/readyz', '/metrics']) assert.equal((await server.api.request('GET', probe)).status, 200, probe);
  const app = await server.api.app();
  const following = await server.api.request('POST', `/api/v1/chats/${app.chat_id}/messages`, { text: 'Add a counter' }, { Accept: 'text/event-stream' });
  const reader = following.body.getReader();
  let seen = '';
  while (!seen.includes('block.delta')) seen += Buffer.from((await reader.read()).value).toString();
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  assert.equal(server.stdout, `ready ${server.url}\n`);
  await no_processes_left(data_dir);

  const again = await Server.start(data_dir);
  t.after(() => again.kill());
  const [question, answer] = await again.api.all(`/api/v1/chats/${app.chat_id}/messages`);
  assert.equal(question.text, 'Add a counter');
  assert.ok(['done', 'error'].includes((await again.api.settled(answer.variant.generation.id)).status));
  assert.equal((await again.stop()).code, 0);
});

test('an ordinary user runs it', patience, async (t) => {
  if (process.getuid() !== 0) return void t.skip('this run is one already');
  const uid = 65534;
  const data_dir = fresh_dir(t);
  fs.chownSync(data_dir, uid, uid);
  const server = await Server.start(data_dir, { uid, env: { HOME: data_dir } });
  t.after(() => server.kill());
  assert.equal(fs.statSync(path.join(data_dir, 'postgres')).uid, uid);
  const app = await server.api.app();
  const posted = await server.api.say(app.chat_id, 'Add a counter', { model: 'demo' });
  assert.equal((await server.api.settled(posted.generation.id)).status, 'done');
  const preview = await server.api.post('/api/v1/previews', { app_id: app.id });
  assert.equal((await server.api.preview_when(preview.id, ['ready', 'failed'])).status, 'ready');
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(data_dir);
});

test('a second server on the same data directory is refused', patience, async (t) => {
  const data_dir = fresh_dir(t);
  const server = await Server.start(data_dir);
  t.after(() => server.kill());
  const second = new Server(data_dir);
  assert.notEqual((await second.ended).code, 0);
  assert.equal(second.stdout, '');
  assert.match(second.stderr, /data directory|already/i);
  await server.api.app();
  assert.equal((await server.stop()).code, 0);
});

test('PostgreSQL is killed, and back', patience, async (t) => {
  const server = await Server.start(fresh_dir(t));
  t.after(() => server.kill());
  const app = await server.api.app();
  const posted = await server.api.say(app.chat_id, 'Add a counter', { model: 'demo' });
  const before = server.postmaster();
  process.kill(before, 'SIGKILL');
  const refused = await refusal(server.api.say(app.chat_id, 'during the outage', { model: 'demo' }));
  if (refused) assert.equal(refused.status, 503, refused.message);
  await eventually('another PostgreSQL', async () => {
    if (server.postmaster() === before) return false;
    return (await server.api.request('GET', '/readyz')).status === 200;
  });
  assert.notEqual((await server.api.settled(posted.generation.id)).status, 'streaming');
  const later = await server.api.say(app.chat_id, 'and on', { model: 'demo' });
  assert.equal((await server.api.settled(later.generation.id)).status, 'done');
  const texts = (await server.api.all(`/api/v1/chats/${app.chat_id}/messages`)).filter((message) => message.role === 'user').map((message) => message.text);
  if (refused && texts[1] !== 'during the outage') texts.splice(1, 0, 'during the outage');  // nobody was told whether it was said
  assert.deepEqual(texts, ['Add a counter', 'during the outage', 'and on']);
  assert.equal((await server.stop()).code, 0);
});

test('flushed text survives kill -9', patience, async (t) => {
  const data_dir = fresh_dir(t);
  const model = await Model.start(t);
  const server = await Server.start(data_dir);
  t.after(() => server.kill());
  await server.api.post('/api/v1/models', { name: 'scripted', provider: 'openai', base_url: model.url, model: 'test', api_key: 'key', is_default: true });
  const app = await server.api.app();
  model.next(['Here is ', 'what I ', 'will do.', '\n<ramify-write path="index.html">\n<h1>half'], { hangs: true });
  const posted = await server.api.say(app.chat_id, 'Change it');
  await eventually('the flush', () => sql(data_dir, "select coalesce(string_agg(text, ''), '') from stream.chunk").includes('half'));
  await server.kill();

  const again = await Server.start(data_dir);
  t.after(() => again.kill());
  const generation = await again.api.settled(posted.generation.id);
  assert.equal(generation.status, 'error');
  assert.equal(generation.error_code, 'interrupted');
  const { variant } = await again.api.get(`/api/v1/messages/${posted.answer.id}`);
  assert.deepEqual(variant.blocks.map((block) => [block.content, block.status]), [['Here is what I will do.\n', 'done'], ['<h1>half', 'unfinished']]);
  assert.equal(variant.version_id, null, 'nothing is applied');
  assert.equal((await again.api.all(`/api/v1/apps/${app.id}/versions`)).length, 1);
  assert.equal((await again.stop()).code, 0);
});

test('a symbolic link in an app leads no change out of it', patience, async (t) => {
  const data_dir = fresh_dir(t);
  const model = await Model.start(t);
  const server = await Server.start(data_dir);
  t.after(() => server.kill());
  const { api } = server;
  await api.post('/api/v1/models', { name: 'scripted', provider: 'openai', base_url: model.url, model: 'test', api_key: 'key', is_default: true });
  const app = await api.app();
  // As a git push could bring it: `out` points at a folder outside of the app.
  const outside = path.join(data_dir, 'outside');
  fs.mkdirSync(outside, { mode: 0o777 });
  const repository = repository_of(data_dir, (await api.get('/api/v1/session')).organization.id, app.id);
  const [version] = await api.all(`/api/v1/apps/${app.id}/versions`);
  const link = git_with(repository, outside, 'hash-object', '-w', '--stdin');
  const tree = git_with(repository, `${git(repository, 'ls-tree', version.commit)}\n120000 blob ${link}\tout\n`, 'mktree');
  const commit = git(repository, '-c', 'user.name=x', '-c', 'user.email=x@localhost', 'commit-tree', tree, '-p', version.commit, '-m', 'A link');
  git(repository, 'update-ref', `refs/heads/chat/${app.branch_id}`, commit);
  server.sql(`update apps.version set commit = '${commit}' where commit = '${version.commit}'`);

  const answer = async (text) => {
    model.next([text]);
    model.next([text]);  // what is asked to be mended comes again
    return api.settled((await api.say(app.chat_id, 'Change it')).generation.id);
  };
  for (const change of ['<ramify-write path="out/in.txt">\nx\n</ramify-write>', '<ramify-rename from="index.html" to="out/index.html"></ramify-rename>', '<ramify-copy from="out" to="copy"></ramify-copy>',
                        '<ramify-search-replace path="out">\n<<<<<<< SEARCH\n/\n=======\nx\n>>>>>>> REPLACE\n</ramify-search-replace>']) {
    const generation = await answer(`<ramify-write path="good.txt">\ngood\n</ramify-write>\n${change}\n`);
    assert.notEqual(generation.problems.length, 0, `${change} was not refused`);
  }
  assert.equal((await api.all(`/api/v1/apps/${app.id}/versions`)).length, 1, 'nothing of such an answer is applied');
  assert.deepEqual(fs.readdirSync(outside), []);
  assert.equal((await api.request('GET', `/api/v1/apps/${app.id}/files/out`)).status, 422, 'nor is it followed when it is read');
  assert.equal((await api.request('GET', `/api/v1/apps/${app.id}/files/out/x`)).status, 404);
  const preview = await api.post('/api/v1/previews', { app_id: app.id });
  await api.preview_when(preview.id, ['ready']);
  assert.equal((await through(server, preview, '/out')).status, 404);
  assert.equal((await server.stop()).code, 0);
});

test('the disk is full, and has room again', patience, async (t) => {
  const dir = path.join(fresh_dir(t), 'small');
  fs.mkdirSync(dir);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=711', 'tmpfs', dir], { encoding: 'utf8' });
  if (mounted.status !== 0) return leave_out(t, `no file system of our own: ${mounted.stderr?.trim() || mounted.error}`);
  const server = await Server.start(path.join(dir, 'data'));
  t.after(() => server.kill());
  const app = await server.api.app();
  const acknowledged = [await server.api.say(app.chat_id, 'Before', { model: 'demo' })];
  await server.api.settled(acknowledged[0].generation.id);

  const filler = path.join(dir, 'filler');
  const fill = () => spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k', 'oflag=append', 'conv=notrunc'], { stdio: 'ignore' });
  fill();
  const refusals = [];
  for (let i = 0; i < 40; ++i) {
    const refused = await refusal(server.api.say(app.chat_id, `Full ${i} ${'x'.repeat(60_000)}`, { model: 'demo' }).then((posted) => acknowledged.push(posted)));
    if (refused) refusals.push(refused);
    if (refused?.status === 429) for (const posted of acknowledged) await refusal(server.api.post(`/api/v1/generations/${posted.generation.id}/abort`));
    const app_refused = await refusal(server.api.app());
    if (app_refused) refusals.push(app_refused);
    fill();
  }
  const full = refusals.filter((refused) => refused.status !== 429);
  assert.ok(full.length > 0, 'something was refused');
  for (const refused of full) assert.equal(refused.status, 503, refused.message);
  assert.ok(full.some((refused) => /full|room|space/.test(JSON.stringify(refused.problem))), full[0].message);
  assert.equal((await server.api.request('GET', '/healthz')).status, 200);

  fs.rmSync(filler);
  await eventually('room', async () => !(await refusal(server.api.app('After'))));
  for (const posted of acknowledged) {
    assert.equal((await server.api.get(`/api/v1/messages/${posted.message.id}`)).text, posted.message.text);
    await server.api.settled(posted.generation.id);
  }
  const messages = await server.api.all(`/api/v1/chats/${app.chat_id}/messages`);
  messages.forEach((message, index) => assert.equal(message.seq, index + 1));
  const later = await server.api.say(app.chat_id, 'After', { model: 'demo' });
  assert.equal((await server.api.settled(later.generation.id)).status, 'done');
  assert.equal((await server.stop()).code, 0);
});

// ---- previews that misbehave

test('previews that do not install, crash and flood', patience, async (t) => {
  const data_dir = fresh_dir(t);
  const server = await Server.start(data_dir, { args: ['--preview-install-ms', '20000'] });
  t.after(() => server.kill());
  const { api } = server;
  const begin = async (what) => api.post('/api/v1/previews', { app_id: (await app_with(api, what)).id });
  const settled = (preview) => api.preview_when(preview.id, ['ready', 'failed']);
  const open = async (what) => settled(await begin(what));
  const endless = await begin({ postinstall: 'sleep 100000' });  // its time passes beside the others
  const probe = await open({ vite: serves });
  if (probe.status === 'failed' && /sandbox|bwrap|bubblewrap/.test(probe.error) && !/install/.test(probe.error)) return leave_out(t, `no sandbox on this host: ${probe.error}`);

  await t.test('one that serves is ready', async () => {
    assert.equal(probe.status, 'ready', probe.error);
    const page = await through(server, probe, '/');
    assert.equal(page.body, 'it runs');
  });
  await t.test('an install that fails says why', async () => {
    const failed = await open({ postinstall: 'echo cannot build the thing >&2; exit 7' });
    assert.equal(failed.status, 'failed');
    assert.match(failed.error, /cannot build the thing/);
  });
  await t.test('a broken package.json says why', async () => {
    const app = await api.app('Broken', 'react-vite');
    await api.call('PUT', `/api/v1/apps/${app.id}/files`, { path: 'package.json', content: '{ this is not JSON' });
    const preview = await api.post('/api/v1/previews', { app_id: app.id });
    const failed = await api.preview_when(preview.id, ['ready', 'failed']);
    assert.equal(failed.status, 'failed');
    assert.match(failed.error, /JSON/);
  });
  await t.test('one that crashes is failed, with its last words, and runs again', async () => {
    const running = await open({ vite: `process.stderr.write('last words');${serves}` });
    assert.equal(running.status, 'ready', running.error);
    await through(server, running, '/crash').catch(() => {});
    const failed = await api.preview_when(running.id, ['failed']);
    assert.match(failed.error, /last words/);
    await api.post(`/api/v1/previews/${running.id}/restart`);
    assert.equal((await api.preview_when(running.id, ['ready'])).status, 'ready');
  });
  await t.test('last words that are no text are shown all the same', async () => {
    const failed = await open({ vite: "process.stdout.write(Buffer.from([0x68, 0x69, 0xff, 0x00, 0xc3])); process.exitCode = 3;" });
    assert.equal(failed.status, 'failed');
    assert.match(failed.error, /hi/);
  });
  await t.test('one that floods its log serves on, and its log is bounded', async () => {
    const flood = `const line = 'flood '.repeat(10_000) + '\\n'; (function more() { process.stdout.write(line, () => setImmediate(more)); })(); ${serves}`;
    const running = await open({ vite: flood });
    assert.equal(running.status, 'ready', running.error);
    assert.equal((await through(server, running, '/')).body, 'it runs');
    await eventually('a log that says what it leaves out', () => sql(data_dir, "select count(*) from stream.event where type = 'preview.log' and data::text like '%were dropped%'") !== '0');
    assert.ok(Number(sql(data_dir, 'select sum(length(data::text)) from stream.event')) < 20_000_000);
    assert.equal((await through(server, running, '/')).body, 'it runs');
  });
  await t.test('an install that never ends is stopped', async () => {
    const failed = await settled(endless);
    assert.equal(failed.status, 'failed');
    assert.match(failed.error, /did not end/);
  });
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(data_dir);
});
