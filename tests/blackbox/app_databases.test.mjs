// kill -9 while branches of an app fork, migrate, restore and drop their databases. Afterwards each branch's database has the
// schema of the version that the branch shows and the data that was there from the beginning, and no other is left.
//
//     node --test tests/blackbox/app_databases.test.mjs        RAMIFY_SEED repeats a run, RAMIFY_DATABASE_KILLS says how often to kill
import assert from 'node:assert/strict';
import test from 'node:test';
import { Refused, Server, chance, eventually, fresh_dir, no_processes_left, seed } from './server.mjs';

const kills = Number(process.env.RAMIFY_DATABASE_KILLS ?? 12);
const branches_max = 4;

const query = async (api, branch_id, sql) => (await api.post(`/api/v1/database_instances/${branch_id}/query`, { sql })).results[0].rows.flat();
const migrations_of = async (api, app, version_id) =>
  (await api.get(`/api/v1/apps/${app.id}/files?version=${version_id}`)).items.map((file) => file.path).filter((path) => path.startsWith('db/migrations/')).sort();

/** A person who does to the app what moves its databases, until the server is gone. */
async function wander(api, app, random) {
  const any = (list) => list[Math.floor(random() * list.length)];
  const step = async () => {
    const branches = await api.all(`/api/v1/chats/${app.chat_id}/branches`);
    const branch = any(branches);
    const dice = random();
    if (dice < 0.3) {
      const answers = (await api.all(`/api/v1/chats/${app.chat_id}/messages?branch_id=${branch.id}`)).filter((message) => message.role === 'assistant');
      if (branches.length < branches_max) await api.post(`/api/v1/chats/${app.chat_id}/branches`, { from_message_id: any(answers).id, branch_id: branch.id });
    } else if (dice < 0.6) {
      const name = `c${Math.floor(random() * 1e9)}`;
      const content = `alter table note add column ${name} text;`;
      await api.call('PUT', `/api/v1/apps/${app.id}/files`, { path: `db/migrations/${Date.now()}_${name}.sql`, content, branch_id: branch.id });
    } else if (dice < 0.85) {
      const versions = await api.all(`/api/v1/apps/${app.id}/versions?branch_id=${branch.id}`);
      await api.post(`/api/v1/apps/${app.id}/versions/${any(versions).id}/restore`, { branch_id: branch.id });
    } else if (!branch.is_main) {
      await api.call('DELETE', `/api/v1/branches/${branch.id}`);
    }
  };
  for (;;) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Refused)) return;  // the server is gone
      if (error.status >= 500 && error.status !== 503) throw error;
    }
  }
}

async function check(api, app) {
  const branches = await api.all(`/api/v1/chats/${app.chat_id}/branches`);
  for (const { id } of branches) {
    const row = await eventually(`the database of ${id}`, async () => {
      const branch = await api.get(`/api/v1/branches/${id}`);
      const found = (await api.all(`/api/v1/apps/${app.id}/databases`)).find((database) => database.branch_id === id);
      assert.notEqual(found?.status, 'failed', found?.error);
      return found?.status === 'ready' && found.version_id === branch.current_version_id && found;
    });
    assert.deepEqual(await query(api, id, 'select path from ramify.migration order by path'), await migrations_of(api, app, row.version_id), 'the schema is the version\'s');
    assert.deepEqual(await query(api, id, "select text from note where text = 'from the beginning'"), ['from the beginning']);
  }
  const wanted = branches.map((branch) => branch.id).sort();
  await eventually('no other database', async () => {
    const names = (await api.all('/api/v1/database_instances')).filter((instance) => instance.origin === 'app').map((instance) => instance.name).sort();
    return JSON.stringify(names) === JSON.stringify(wanted);
  });
}

test(`${kills} times kill -9 while databases follow their branches`, { timeout: 15 * 60_000 }, async (t) => {
  console.log(`# seed ${seed}: RAMIFY_SEED=${seed} repeats it`);
  const random = chance(seed);
  const data_dir = fresh_dir(t);
  let server = await Server.start(data_dir, { args: ['--demo-word-ms', '0'] });
  t.after(async () => { await server?.kill(); });
  const app = await server.api.app('Notes', 'react-vite-postgres');
  await eventually('the first database', async () => (await server.api.all(`/api/v1/apps/${app.id}/databases`))[0]?.status === 'ready');
  await query(server.api, app.branch_id, "insert into note (text) values ('from the beginning') returning text");
  const posted = await server.api.say(app.chat_id, 'Notes that can be ticked off', { model: 'demo' });
  await server.api.settled(posted.generation.id);
  for (let round = 1; round <= kills; ++round) {
    const walking = wander(server.api, app, random);
    // The moment of the kill is the chance of this test, and not a wait for something.
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 1500));
    await server.kill();
    await walking;
    server = await Server.start(data_dir, { args: ['--demo-word-ms', '0'] });
    if (round % 3 === 0) await check(server.api, app);
  }
  await check(server.api, app);
  await server.api.call('DELETE', `/api/v1/apps/${app.id}`);
  await eventually('no database at all', async () => (await server.api.all('/api/v1/database_instances')).every((instance) => instance.origin !== 'app'));
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(data_dir);
});
