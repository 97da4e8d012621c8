// Programs of previews end when nobody needs them and begin again when somebody does.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Model } from './model.mjs';
import { app_with, events_of, log_of, open_preview, serves, statuses_of, through } from './previews.mjs';
import { Server, eventually, fresh_dir, no_processes_left } from './server.mjs';

const patience = { timeout: 15 * 60_000 };

/** Counts its starts in its log. */
const counting = `console.log('started');${serves}`;
const starts = (events) => log_of(events, 'server').split('started').length - 1;
const started = (api, preview, times) => eventually(`${times} starts`, async () => starts(await events_of(api, preview)) === times);

async function running(t, args) {
  const data_dir = fresh_dir(t);
  const server = await Server.start(data_dir, { args });
  t.after(() => server.kill());
  return { server, api: server.api, data_dir };
}
async function stopped({ server, data_dir }) {
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(data_dir);
}

test('sleep ends the program, and a request or POST wake begins it again', patience, async (t) => {
  const lab = await running(t, []);
  const { server, api } = lab;
  const preview = await open_preview(api, await app_with(api, { vite: counting }));
  await started(api, preview, 1);

  assert.equal((await api.post(`/api/v1/previews/${preview.id}/sleep`)).status, 'asleep');
  assert.equal((await api.get(`/api/v1/previews/${preview.id}`)).status, 'asleep');
  assert.equal((await through(server, preview, '/')).body, 'it runs', 'the request waits for the program');
  await started(api, preview, 2);

  await api.post(`/api/v1/previews/${preview.id}/sleep`);
  await api.post(`/api/v1/previews/${preview.id}/wake`);
  assert.equal((await api.preview_when(preview.id, ['ready', 'failed'])).status, 'ready');
  await started(api, preview, 3);
  await api.post(`/api/v1/previews/${preview.id}/wake`);
  assert.equal((await through(server, preview, '/')).body, 'it runs');
  assert.equal(starts(await events_of(api, preview)), 3, 'who is awake is not woken');
  await stopped(lab);
});

test('put to sleep while it starts, it stays asleep', patience, async (t) => {
  const lab = await running(t, []);
  const { server, api } = lab;
  const preview = await api.post('/api/v1/previews', { app_id: (await app_with(api, { vite: "console.log('started'); setInterval(() => {}, 1000);" })).id });
  await started(api, preview, 1);
  await api.post(`/api/v1/previews/${preview.id}/sleep`);
  await eventually('the end of its job', async () => (await api.all(`/api/v1/jobs?subject=preview:${preview.id}`)).every((job) => job.status === 'done'));
  assert.equal((await api.get(`/api/v1/previews/${preview.id}`)).status, 'asleep');
  assert.equal((await api.request('GET', '/healthz')).status, 200);
  await stopped(lab);
});

test('an idle preview falls asleep by itself; one that is used does not', patience, async (t) => {
  const lab = await running(t, ['--preview-sleep-after-ms', '4000']);
  const { server, api } = lab;
  const app = await app_with(api, { vite: counting });
  const idle = await open_preview(api, app);
  const used = await open_preview(api, await app_with(api, { vite: counting }));
  assert.equal((await through(server, idle, '/')).body, 'it runs');
  // Asked all the time, until the other one sleeps.
  await eventually('the sleep of the idle one', async () => {
    assert.equal((await through(server, used, '/')).body, 'it runs');
    return (await api.get(`/api/v1/previews/${idle.id}`)).status === 'asleep';
  });
  assert.equal((await api.get(`/api/v1/previews/${used.id}`)).status, 'ready');
  assert.equal(starts(await events_of(api, used)), 1);
  assert.equal((await through(server, idle, '/')).body, 'it runs');
  await stopped(lab);
});

test('one more than may run: the longest idle one gives way', patience, async (t) => {
  const lab = await running(t, ['--previews-running-max', '2']);
  const { server, api } = lab;
  const previews = [];
  for (let i = 0; i < 2; ++i) previews.push(await open_preview(api, await app_with(api, { vite: counting })));
  assert.equal((await through(server, previews[0], '/')).body, 'it runs', 'so the second is the longest idle one');
  previews.push(await open_preview(api, await app_with(api, { vite: counting })));
  const statuses = async () => Promise.all(previews.map(async (preview) => (await api.get(`/api/v1/previews/${preview.id}`)).status));
  assert.deepEqual(await statuses(), ['ready', 'asleep', 'ready']);
  assert.equal((await through(server, previews[1], '/')).body, 'it runs');
  assert.deepEqual(await statuses(), ['asleep', 'ready', 'ready']);
  await stopped(lab);
});

test('after a restart of the server, killed or not, previews are asleep and wake by a request', patience, async (t) => {
  const data_dir = fresh_dir(t);
  let server = await Server.start(data_dir);
  t.after(() => server.kill());
  const app = await app_with(server.api, { vite: counting });
  const preview = await open_preview(server.api, app);
  // A job that a kill interrupts is done again, and would wake it.
  const is_idle = async () => (await server.api.all('/api/v1/jobs')).every((job) => !['queued', 'running'].includes(job.status));
  for (const end of ['kill', 'stop']) {
    await eventually('the end of all jobs', is_idle);
    await server[end]();
    server = await Server.start(data_dir);
    const { api } = server;
    const now = await api.get(`/api/v1/previews/${preview.id}`);
    assert.equal(now.status, 'asleep', end);
    assert.equal((await through(server, now, '/')).body, 'it runs');
    // The program answers a moment before it is said to.
    await eventually('the preview to be ready', async () => (await api.get(`/api/v1/previews/${preview.id}`)).status === 'ready');
  }
  assert.deepEqual(statuses_of(await events_of(server.api, preview)).filter((status) => status === 'installing').length, 1, 'the installation outlives the server');
  await stopped({ server, data_dir });
});

test('an answer may ask for a restart', patience, async (t) => {
  const lab = await running(t, []);
  const { server, api } = lab;
  const model = await Model.start(t);
  await api.post('/api/v1/models', { name: 'scripted', provider: 'openai', base_url: model.url, model: 'test', api_key: 'key', is_default: true });
  const app = await app_with(api, { vite: counting });
  const preview = await open_preview(api, app);
  await started(api, preview, 1);
  const answer = async (...pieces) => {
    model.next(pieces);
    return api.settled((await api.say(app.chat_id, 'Change it')).generation.id);
  };
  assert.deepEqual((await answer('I restart it.\n', '<ramify-command type="restart"></ramify-command>')).problems, []);
  await started(api, preview, 2);
  await answer('<ramify-write path="a.txt">\na\n</ramify-write>\n', '<ramify-command type="rebuild"></ramify-command>');
  await started(api, preview, 3);
  model.next(['<ramify-command type="format-the-disk"></ramify-command>']);
  const refused = await answer('I cannot mend it.');
  assert.match(JSON.stringify(refused.problems), /rebuild/);
  await api.preview_when(preview.id, ['ready']);
  assert.equal((await through(server, preview, '/')).body, 'it runs');
  assert.equal(starts(await events_of(api, preview)), 3);
  await stopped(lab);
});
