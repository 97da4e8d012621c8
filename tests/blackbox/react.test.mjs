// The template react-vite with its real packages, from the registry that the host's npm is configured with: two previews of
// one installation side by side, hot updates through the proxy, sleep and wake.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Socket, events_of, log_of, open_preview, statuses_of, through } from './previews.mjs';
import { Server, eventually, fresh_dir, no_processes_left } from './server.mjs';

const page_of = (title) => `export default function Home() {\n  return <h1>${title}</h1>;\n}\n`;

test('a React app: installed once, two branches side by side, each with its hot updates', { timeout: 15 * 60_000 }, async (t) => {
  const data_dir = fresh_dir(t);
  const server = await Server.start(data_dir);
  t.after(() => server.kill());
  const { api } = server;
  const app = await api.app('React', 'react-vite');
  const put = (file, content, branch_id = app.branch_id) => api.call('PUT', `/api/v1/apps/${app.id}/files`, { path: file, content, branch_id });
  const first = await open_preview(api, app, {}, 10 * 60_000);

  await t.test('the first preview installs, and says so', async () => {
    const events = await eventually('the log of the installation', async () => {
      const all = await events_of(api, first);
      return log_of(all, 'install').includes('npm ci') && all;
    });
    assert.deepEqual([...new Set(statuses_of(events))], ['starting', 'installing', 'ready']);
  });

  await t.test('page and modules come through the proxy, compiled', async () => {
    const page = await through(server, first, '/', { Accept: 'text/html' });
    assert.equal(page.status, 200);
    assert.match(page.body, /<div id="root">/);
    assert.match(page.body, /\/@vite\/client/);
    assert.match(page.body, /__ramify\/error/, 'the reporter of errors is in the page');
    const module = await through(server, first, '/src/pages/Home.tsx');
    assert.equal(module.status, 200);
    assert.match(module.headers['content-type'], /javascript/);
    assert.match(module.body, /jsxDEV/);
    const react = /from "(\/node_modules\/\.vite\/deps\/react[^"]*)"/.exec((await through(server, first, '/src/main.tsx')).body);
    assert.ok(react, 'packages are bundled for the browser');
    assert.equal((await through(server, first, react[1])).status, 200);
  });

  /** What a browser does that shows the page: it loads the modules, and listens for updates of those. */
  const hot = async (preview) => {
    for (const module of ['/src/main.tsx', '/src/App.tsx', '/src/pages/Home.tsx']) assert.equal((await through(server, preview, module)).status, 200);
    const client = await through(server, preview, '/@vite/client');
    const token = /wsToken = "([^"]+)"/.exec(client.body);
    return Socket.connect(server, preview, `/?token=${token?.[1] ?? ''}`, 'vite-hmr');
  };
  const is_update_of = (file) => (message) => message.type === 'full-reload' || (message.type === 'update' && message.updates.some((update) => update.path === file || update.acceptedPath === file));

  await t.test('the hot update socket connects through the proxy and hears of a new version', async () => {
    const socket = await hot(first);
    t.after(() => socket.close());
    await socket.message('the greeting', (message) => message.type === 'connected');
    await put('src/pages/Home.tsx', page_of('Written by hand'));
    await socket.message('the update', is_update_of('/src/pages/Home.tsx'));
    await eventually('the new module', async () => (await through(server, first, '/src/pages/Home.tsx')).body.includes('Written by hand'));
    assert.ok((await events_of(api, first)).some((event) => event.type === 'preview.version'));
  });

  const posted = await api.say(app.chat_id, 'Hello', { model: 'demo' });
  await api.settled(posted.generation.id);
  const branch = await api.post(`/api/v1/chats/${app.chat_id}/branches`, { from_message_id: posted.message.id });
  const second = await open_preview(api, app, { branch_id: branch.id });

  await t.test('the second preview uses the same installation', async () => {
    assert.notEqual(second.id, first.id);
    const events = await events_of(api, second);
    assert.ok(!statuses_of(events).includes('installing'), JSON.stringify(statuses_of(events)));
    assert.equal(log_of(events, 'install'), '');
  });

  await t.test('both run side by side, and a change reaches its own only', async () => {
    const sockets = [await hot(first), await hot(second)];
    for (const socket of sockets) t.after(() => socket.close());
    for (const socket of sockets) await socket.message('the greeting', (message) => message.type === 'connected');
    await put('src/pages/Home.tsx', page_of('Only on the branch'), branch.id);
    await sockets[1].message('the update', is_update_of('/src/pages/Home.tsx'));
    await eventually('the new module', async () => (await through(server, second, '/src/pages/Home.tsx')).body.includes('Only on the branch'));
    assert.ok(!(await through(server, first, '/src/pages/Home.tsx')).body.includes('Only on the branch'));
    assert.ok(!sockets[0].texts.some((text) => is_update_of('/src/pages/Home.tsx')(JSON.parse(text))), 'the other hears nothing of it');
  });

  await t.test('asleep, it has no program; a request wakes it, with what was written meanwhile', async () => {
    assert.equal((await api.post(`/api/v1/previews/${second.id}/sleep`)).status, 'asleep');
    await put('src/pages/Home.tsx', page_of('Written in its sleep'), branch.id);
    assert.equal((await api.get(`/api/v1/previews/${second.id}`)).status, 'asleep', 'a new version wakes nobody');
    const module = await through(server, second, '/src/pages/Home.tsx');
    assert.equal(module.status, 200);
    assert.match(module.body, /Written in its sleep/);
    const events = await events_of(api, second);
    assert.equal(log_of(events, 'install'), '');
    assert.deepEqual(statuses_of(events).slice(-1), ['ready']);
  });

  assert.equal((await server.stop()).code, 0);
  await no_processes_left(data_dir);
});
