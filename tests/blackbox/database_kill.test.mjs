// kill -9 of the server, its PostgreSQL, and of psql, postgres, Java and bubblewrap in its cages, at random moments, while people
// prepare databases and use them. Every prepare that was acknowledged ends; a database is what plain psql makes of the same
// steps, plus what was written to it; nothing stays behind: process, mount, directory. Where Liquibase is installed
// (tests/liquibase), a changelog is among what is prepared.
//
//     node --test tests/blackbox/database_kill.test.mjs     RAMIFY_SEED repeats a run, RAMIFY_DATABASE_KILLS says how often to kill
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { Server, chance, eventually, fresh_dir, hang_ms, mounts, no_processes_left, root, seed, uuid_of } from './server.mjs';

const kills = Number(process.env.RAMIFY_DATABASE_KILLS ?? 25);
const people = 3;
const instances_max = 8;
const run = promisify(execFile);
const salt_in_reference = 'salt0000';

/** Chains that share their beginning. Each has a value of its own, `salt`, so that another chain's database is not taken for it. */
const chains = [
  [(salt) => ['-c', `create table salt (value text); insert into salt values ('${salt}')`]],
  [(salt) => ['-c', `create table salt (value text); insert into salt values ('${salt}')`],
   () => ['-c', 'create table item (id int primary key, name text); insert into item select g, md5(g::text) from generate_series(1, 20000) g']],
  [() => ['-c', 'create role reader; create table item (id int primary key); insert into item select generate_series(1, 5000)'],
   () => ['-1', '-c', 'create index on item ((id % 7)); create view odd as select id from item where id % 2 = 1; grant select on odd to reader'],
   (salt) => ['-c', `create table salt (value text); insert into salt values ('${salt}'); analyze`]],
  [() => ['-c', 'create role reader; create table item (id int primary key); insert into item select generate_series(1, 5000)'],
   () => ['-c', 'select pg_sleep(0.3); create sequence counter; select nextval(\'counter\') from generate_series(1, 100)'],
   (salt) => ['-c', `create function salt() returns text language sql as $$ select '${salt}' $$`]],
];

const liquibase_home = path.join(root, 'tests/liquibase/node_modules/liquibase/dist/liquibase');
const has_liquibase = fs.existsSync(liquibase_home) && spawnSync('java', ['-version']).status === 0;
/** A changelog's changesets, one of which runs outside of a transaction. */
const changesets = [
  () => 'create role reader; create table item (id int primary key, name text)',
  () => 'insert into item select g, md5(g::text) from generate_series(1, 5000) g',
  (salt) => `create table salt (value text); insert into salt values ('${salt}')`,
  () => 'create index concurrently item_name on item (name)',
];
const changelog_chain = chains.length;  // its place among all that is prepared
if (has_liquibase) chains.push(changesets.map((sql) => (salt) => sql(salt).split(';').flatMap((one) => ['-c', one])));
const changelog = (salt) => `--liquibase formatted sql\n${changesets.map((sql, at) =>
  `--changeset ann:${at + 1}${/concurrently/.test(sql(salt)) ? ' runInTransaction:false' : ''}\n${sql(salt)};\n`).join('')}`;

/** The steps of a chain, as the API takes them. */
async function steps_of(api, chain, salt) {
  if (chain !== changelog_chain) return chains[chain].map((one) => ({ arguments: one(salt) }));
  const content = changelog(salt), sha256 = createHash('sha256').update(content).digest('hex');
  await api.call('PUT', `/api/v1/blobs/${sha256}`, content);
  return [{ kind: 'lb', arguments: ['--changelog-file=changelog.sql'], inputs: [{ path: 'changelog.sql', sha256 }] }];
}

// ---- what plain psql makes of a chain

/** A PostgreSQL of the test's own; gives how to connect to it. */
async function plain_postgres(context) {
  const dir = fresh_dir(context), bin = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim();
  const account = process.getuid() === 0 ? { uid: Number(execFileSync('id', ['-u', 'nobody'])), gid: Number(execFileSync('id', ['-g', 'nobody'])) } : {};
  if (account.uid) fs.chownSync(dir, account.uid, account.gid);
  await run(path.join(bin, 'initdb'), ['-D', `${dir}/data`, '-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C', '-E', 'UTF8'], { cwd: '/', ...account });
  const server = spawn(path.join(bin, 'postgres'), ['-D', `${dir}/data`, '-k', dir, '-c', 'listen_addresses=', '-c', 'fsync=off'], { cwd: '/', stdio: 'ignore', ...account });
  const ended = new Promise((resolve) => server.on('close', resolve));
  context.after(async () => { server.kill('SIGINT'); await ended; });
  const to = ['-h', dir, '-U', 'postgres'];
  await eventually('the test\'s PostgreSQL', () => run('psql', ['-Xc', 'select 1', ...to]).catch(() => null));
  return to;
}
/** Without the random key that newer tools put around a dump, and without Liquibase's books. */
async function dump(...to) {
  const { stdout } = await run('pg_dump', ['--exclude-schema=note', '--exclude-table=databasechangelog*', ...to], { maxBuffer: 64 << 20 });
  return stdout.split('\n').filter((line) => !/^\\(un)?restrict /.test(line)).join('\n');
}
async function references(to) {
  const dumps = [];
  for (const chain of chains) {
    await run('psql', ['-Xqc', 'drop database if exists reference', '-c', 'drop role if exists reader', '-c', 'create database reference', ...to]);
    for (const step of chain) await run('psql', ['-Xq', '-v', 'ON_ERROR_STOP=1', ...step(salt_in_reference), ...to, 'reference']);
    dumps.push(await dump(...to, 'reference'));
  }
  return dumps;
}

// ---- what people do

class Acknowledged {
  prepares = new Map();   // id → {chain, salt}, which have not been seen to end
  instances = new Map();  // id → {chain, salt, notes: how many rows were written for certain}
  dropped = new Set();
  failures = [];
}

/** Prepares, writes, forks, resets and drops until the server is gone. */
async function wander(api, random, done) {
  const any = (list) => list[Math.floor(random() * list.length)];
  const step = async () => {
    const dice = random();
    const known = [...done.instances].filter(([id]) => !done.dropped.has(id));
    if (dice < 0.45 && known.length < instances_max) {
      const chain = Math.floor(random() * chains.length);
      const salts = chain === changelog_chain ? 2 : 5;  // few: so that some are cached
      const salt = `salt${String(Math.floor(random() * salts)).padStart(4, '1')}`;
      const prepare = await api.post('/api/v1/database_prepares', { steps: await steps_of(api, chain, salt) });
      done.prepares.set(prepare.id, { chain, salt });
      if (random() < 0.1) await api.post(`/api/v1/database_prepares/${prepare.id}/cancel`);
      if (random() < 0.7) await ended(api, prepare.id, done);
    } else if (dice < 0.75 && known.length) {
      const [id, facts] = any(known);
      const { dsn } = await api.get(`/api/v1/database_instances/${id}`);
      await run('psql', ['-Xqc', 'create schema if not exists note', '-c', 'create table if not exists note.note (text text)', '-c', 'insert into note.note values (\'kept\')', dsn], { timeout: hang_ms });
      facts.notes++;
    } else if (dice < 0.85 && known.length && known.length < instances_max) {
      const [id, facts] = any(known), notes = facts.notes;
      const fork = await api.post(`/api/v1/database_instances/${id}/fork`);
      done.instances.set(fork.id, { ...facts, notes });
    } else if (dice < 0.9 && known.length) {
      const [id, facts] = any(known);
      facts.notes = 0;  // whatever becomes of the request
      await api.post(`/api/v1/database_instances/${id}/reset`);
      facts.notes = 0;
    } else if (known.length) {
      const [id] = any(known);
      done.dropped.add(id);
      await api.call('DELETE', `/api/v1/database_instances/${id}`);
    }
  };
  for (;;) {
    try {
      await step();
    } catch (error) {
      if (error.code !== undefined && error.stderr !== undefined) {
        // psql: its server was killed, was reset or dropped, or does not answer yet
        await new Promise((resolve) => setTimeout(resolve, 20));
      } else if (error.status === undefined) return;  // the connection broke: the server is gone
      else assert.ok([404, 409, 422, 429, 503, 504].includes(error.status), `refused: ${error.message}`);
    }
    if (done.is_over) return;
  }
}

/** The prepare when it has ended; its instance is known from then on. */
async function ended(api, id, done) {
  const prepare = await eventually(`the end of ${id}`, async () => {
    const now = await api.get(`/api/v1/database_prepares/${id}`);
    return ['done', 'failed', 'cancelled'].includes(now.status) && now;
  });
  const facts = done.prepares.get(id);
  done.prepares.delete(id);
  if (prepare.status === 'done' && prepare.instance_id && facts) done.instances.set(prepare.instance_id, { ...facts, notes: 0 });
  if (prepare.status === 'failed') done.failures.push(prepare.failure.message);
  return prepare;
}

// ---- what is killed

function children() {
  const of = new Map();
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = fs.readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const comm = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      if (!of.has(Number(parent))) of.set(Number(parent), []);
      of.get(Number(parent)).push({ pid: Number(entry), comm });
    } catch { /* it ended meanwhile */ }
  }
  return of;
}
function descendants(pid, of = children()) { return (of.get(pid) ?? []).flatMap((child) => [child, ...descendants(child.pid, of)]); }
/** The programs in the server's cages, and the cages. */
function caged(server) {
  const own = new Set([server.postmaster(), ...descendants(server.postmaster()).map((one) => one.pid)]);
  return descendants(server.process.pid).filter((one) => !own.has(one.pid));
}
/** The cages in which a program has begun, and those that were made ahead: they have none yet, or a PostgreSQL that is held before it begins. */
function cages(server) {
  const of = children();
  const all = (of.get(server.process.pid) ?? []).filter((one) => one.comm === 'bwrap');
  const is_held = (one) => one.comm === 'postgres' && !of.has(one.pid);
  const is_spare = (cage) => {
    const programs = descendants(cage.pid, of).filter((one) => !['bwrap', 'relay'].includes(one.comm));
    return programs.length === 0 || (programs.length === 1 && is_held(programs[0]));
  };
  return { begun: all.filter((one) => !is_spare(one)), spare: all.filter(is_spare) };
}
const spares_max = 4;  // cages that the server makes ahead (src/kernel/sandbox/spares.cpp)
const struck = {};  // how often each was killed
function count(what) { struck[what] = (struck[what] ?? 0) + 1; }
let changelogs_begun = 0;
/** Prepares a changelog that nobody had, so that Java runs, and gives the Java at a random moment of its short life. */
async function find_java(server, random, done) {
  const salt = `salt${2000 + (changelogs_begun++)}`;
  const prepare = await server.api.post('/api/v1/database_prepares', { steps: await steps_of(server.api, changelog_chain, salt) });
  done.prepares.set(prepare.id, { chain: changelog_chain, salt });
  await eventually('Java', () => caged(server).some((one) => one.comm === 'java'), 30_000);
  await new Promise((resolve) => setTimeout(resolve, random() * 2000));
}
/** Kills something; says whether the server has to be started again. */
async function strike(server, random, done) {
  const dice = random();
  const wanted = dice < 0.4 ? [] : dice < 0.5 ? ['psql'] : dice < 0.6 ? ['java'] : dice < 0.8 ? ['postgres'] : dice < 0.9 ? ['bwrap', 'relay'] : ['embedded'];
  if (wanted[0] === 'embedded') {
    const pid = server.postmaster();
    try {
      if (pid) process.kill(pid, 'SIGKILL'), count('embedded');
    } catch { /* the one before is not back yet */ }
    return false;
  }
  if (wanted[0] === 'java' && has_liquibase) await find_java(server, random, done).catch(() => {});  // what was killed before may be missing
  const victims = caged(server).filter((one) => wanted.includes(one.comm));
  const victim = victims[Math.floor(random() * victims.length)];
  if (wanted.length && victim) {
    try { process.kill(victim.pid, 'SIGKILL'); } catch { /* it ended meanwhile */ }
    count(victim.comm);
    return false;
  }
  count('server');
  await server.kill();
  return true;
}

// ---- what must hold

/** The first lines that are not the same. */
function difference(is, should_be) {
  if (is === should_be) return '';
  const lines = is.split('\n'), wanted = should_be.split('\n');
  const at = lines.findIndex((line, index) => line !== wanted[index]);
  return `line ${at + 1}: ${JSON.stringify(lines.slice(at, at + 3))} instead of ${JSON.stringify(wanted.slice(at, at + 3))}`;
}

/** Every database is what its steps make, with what was written to it. */
async function check_databases(api, done, expected) {
  for (const [id, facts] of done.instances) {
    if (done.dropped.has(id)) continue;
    const { dsn } = await api.get(`/api/v1/database_instances/${id}`);
    assert.equal(difference(await dump(dsn), expected[facts.chain].replaceAll(salt_in_reference, facts.salt)), '', `${id} is what plain psql makes of its steps`);
    if (facts.chain === changelog_chain) {
      const { stdout } = await run('psql', ['-XAtc', "select string_agg(id, ' ' order by orderexecuted) || ' ' || (select bool_or(locked) from databasechangeloglock) from databasechangelog", dsn]);
      assert.equal(stdout.trim(), '1 2 3 4 false', `${id} has run each changeset once, in order, and holds no lock`);
    }
    if (!facts.notes) continue;
    const { stdout } = await run('psql', ['-XAtc', 'select count(*) from note.note', dsn]);
    assert.ok(Number(stdout) >= facts.notes, `${id} has the ${facts.notes} rows that were acknowledged: ${stdout}`);
  }
}

/** Directories, copies, mounts and cages are those of the instances and of the copies that stand ready, and no more. All instances sleep. */
async function check_nothing_left(server, api) {
  const dir = server.data_dir, inside = (name) => fs.readdirSync(path.join(dir, name)).sort();
  const instances = await api.all('/api/v1/database_instances');
  const wanted = instances.map((one) => uuid_of(one.id));
  const strange = (names) => names.filter((name) => !wanted.includes(name));
  /** What is there besides, when that is more than the copies that stand ready. */
  const look = async () => {
    const { warm } = await api.get('/api/v1/database_cache');
    const beyond = (names, most = warm) => (names.length > most ? names : []);
    const { begun, spare } = cages(server), names = (processes) => processes.map((one) => `${one.comm} ${one.pid}`);
    return {
      directories: beyond(strange(inside('databases/instances'))),
      building: [...inside('databases/building'), ...inside('states/building')],
      removing: inside('states/removing'),
      copies: beyond(inside('states/clones').slice(wanted.length)),
      mounts: beyond(mounts(dir).map((place) => path.basename(place))),
      cages: [...beyond(names(begun)), ...beyond(names(spare), spares_max)],
    };
  };
  const none = { directories: [], building: [], removing: [], copies: [], mounts: [], cages: [] };
  try {
    await eventually('nothing is left', async () => JSON.stringify(await look()) === JSON.stringify(none));
  } catch {
    assert.deepEqual(await look(), none, 'nothing is left');
  }
  const copies = inside('states/clones');
  assert.ok(copies.length >= wanted.length, `each instance has its copy: ${copies.length} copies, ${instances.length} instances: ${instances.map((one) => `${one.id} ${one.status}`).join(', ')}`);
  assert.deepEqual(await api.all('/api/v1/jobs').then((jobs) => jobs.filter((job) => ['queued', 'running'].includes(job.status) && job.kind === 'databases.prepare')), [], 'no job is stuck');
}

test(`databases survive ${kills} kills (seed ${seed})`, async (context) => {
  const random = chance(seed), dir = fresh_dir(context);
  const expected = await references(await plain_postgres(context));
  const done = new Acknowledged();
  if (!has_liquibase) context.diagnostic('without a changelog: Java or the npm package liquibase is not installed');
  const options = { env: { LIQUIBASE_HOME: liquibase_home } };
  let server = await Server.start(dir, options);
  context.after(() => server.kill());
  const check = async () => {
    for (const id of [...done.prepares.keys()]) await ended(server.api, id, done);
    await check_databases(server.api, done, expected);
    for (const instance of await server.api.all('/api/v1/database_instances'))
      await server.api.post(`/api/v1/database_instances/${instance.id}/sleep`).catch((error) => assert.equal(error.status, 409, error.message));
    await check_nothing_left(server, server.api);
  };
  for (let killed = 0; killed < kills;) {
    done.is_over = false;
    const walks = Array.from({ length: people }, (_, person) => wander(server.api, chance(seed + killed * people + person + 1), done));
    const many = 1 + Math.floor(random() * 4);
    for (let i = 0, is_gone = false; i < many && !is_gone; i++, killed++) {
      await new Promise((resolve) => setTimeout(resolve, random() * 1500));
      is_gone = await strike(server, random, done);
    }
    done.is_over = true;
    await Promise.all(walks);
    if (server.has_ended) server = await Server.start(dir, options);
    await check();
  }
  context.diagnostic(`killed: ${JSON.stringify(struck)}`);
  context.diagnostic(`${done.instances.size} instances, ${[...done.instances.values()].filter((facts) => facts.chain === changelog_chain).length} of the changelog, ${done.failures.length} prepares failed: ${[...new Set(done.failures)].join(' | ').slice(0, 2000)}`);
  for (const instance of await server.api.all('/api/v1/database_instances')) await server.api.call('DELETE', `/api/v1/database_instances/${instance.id}`);
  await server.api.post('/api/v1/database_cache/collect', { is_everything: true });
  await check_nothing_left(server, server.api);
  assert.deepEqual(cages(server).begun, [], 'no program is left in a cage');
  assert.deepEqual(fs.readdirSync(path.join(dir, 'databases/instances')), []);
  assert.deepEqual(fs.readdirSync(path.join(dir, 'states/clones')), []);
  assert.equal((await server.stop()).code, 0);
  await no_processes_left(dir);
  assert.deepEqual(mounts(dir), []);
});
