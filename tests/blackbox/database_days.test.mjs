// Bad days of databases, with the real binary: the disk is full, and hundreds ask at once.
//
//     RAMIFY_DATABASE_PREPARES says how many ask at once, half of them for the same
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { Server, eventually, fresh_dir, hang_ms, leave_out, mounts, no_processes_left } from './server.mjs';

const patience = { timeout: 10 * 60_000 };
const run = promisify(execFile);
/** Which of the limits is met first is chance: the sandbox's, the cache's, or the disk itself. */
const advice = /(disk is full|No space left on device|no room for another state).*free (some )?space/;
const at_once = Number(process.env.RAMIFY_DATABASE_PREPARES ?? 16);

/** The prepare when it has ended. */
async function prepared(api, sql) {
  const { id } = await api.post('/api/v1/database_prepares', { steps: [{ arguments: ['-c', sql] }] });
  return eventually(`the end of ${id}`, async () => {
    const prepare = await api.get(`/api/v1/database_prepares/${id}`);
    return ['done', 'failed', 'cancelled'].includes(prepare.status) && prepare;
  });
}
async function ask(dsn, sql) {
  return (await run('psql', ['-XAtqc', sql, dsn], { timeout: hang_ms })).stdout.trim();
}
function nothing_half_made(data_dir) {
  for (const folder of ['databases/building', 'states/building', 'states/removing']) assert.deepEqual(fs.readdirSync(path.join(data_dir, folder)), [], folder);
}

test('a full disk fails the prepare with what to do, loses nothing, and is over when there is room', patience, async (t) => {
  const dir = path.join(fresh_dir(t), 'small');
  fs.mkdirSync(dir);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=700m,mode=711', 'tmpfs', dir], { encoding: 'utf8' });
  if (mounted.status !== 0) return leave_out(t, `no file system of our own: ${mounted.stderr?.trim() || mounted.error}`);
  const server = await Server.start(path.join(dir, 'data'), { args: ['--states-mb-free-min', '50'] });
  t.after(() => server.kill());
  const kept = await prepared(server.api, 'create table kept as select 1 as n');
  assert.equal(kept.status, 'done', kept.failure?.message);

  const filler = path.join(dir, 'filler');
  const fill = (left_mb) => spawnSync('fallocate', ['-l', String(fs.statfsSync(dir).bavail * fs.statfsSync(dir).bsize - left_mb * 2 ** 20), filler]);
  assert.equal(fill(40).status, 0);
  const refused = await prepared(server.api, 'create table refused (n int)');
  assert.equal(refused.status, 'failed');
  assert.match(refused.failure.message, advice);

  fs.rmSync(filler);
  assert.equal(fill(100).status, 0);
  const full = await prepared(server.api, 'create table large as select g, md5(g::text) from generate_series(1, 5000000) g');
  assert.equal(full.status, 'failed');
  assert.match(full.failure.message, advice);

  fs.rmSync(filler);
  const after = await prepared(server.api, 'create table refused (n int)');
  assert.equal(after.status, 'done', after.failure?.message);
  assert.equal(await ask(kept.dsn, 'select n from kept'), '1');  // its server was ended when the room was short
  await eventually('nothing half-made', () => { try { nothing_half_made(server.data_dir); return true; } catch { return false; } });
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(server.data_dir);
});

test(`${at_once} prepares at once: those that are the same are built once, and all are right`, patience, async (t) => {
  const server = await Server.start(fresh_dir(t));
  t.after(() => server.kill());
  const same = Array.from({ length: at_once / 2 }, () => prepared(server.api, 'create table same as select 0 as n'));
  const different = Array.from({ length: at_once / 2 }, (_, n) => prepared(server.api, `create table different as select ${n} as n`));
  const all = await Promise.all([...same, ...different]);
  assert.deepEqual([...new Set(all.map((prepare) => prepare.failure?.message ?? prepare.status))], ['done']);
  assert.equal(new Set(all.slice(0, same.length).map((prepare) => prepare.state_id)).size, 1);
  assert.equal(new Set(all.map((prepare) => prepare.instance_id)).size, at_once);
  assert.equal((await server.api.all('/api/v1/database_states')).filter((state) => state.kind === 'psql').length, 1 + different.length);
  const { misses } = await server.api.get('/api/v1/database_cache');
  assert.equal(misses, 1 + different.length, 'each state was built once');
  for (const [n, prepare] of all.slice(same.length).entries()) assert.equal(await ask(prepare.dsn, 'select n from different'), String(n));
  assert.equal(await ask(all[0].dsn, 'select n from same'), '0');
  nothing_half_made(server.data_dir);
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(server.data_dir);
  assert.deepEqual(mounts(server.data_dir), []);
});
