// One server over TLS that a profile names, and the one of this machine: commands with the profile reach the first, and leave the second
// alone. The first lets nobody in without a token, and serves at another address than the second.
//
//     node --test tests/blackbox/profiles.test.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import test from 'node:test';
import { Server, binary, eventually, fresh_dir } from './server.mjs';

const remote_address = '127.0.0.2';
const nobody = 'https://127.0.0.1:1';
const team = ['--profile', 'team'];

/** A certificate for the remote address, which no authority of this machine knows. */
function make_certificate(dir) {
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(dir, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=remote', '-addext', `subjectAltName=IP:${remote_address}`, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { certificate, key };
}

/** An answer of a server with a certificate of its own. */
function ask(url, ca, method, target, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request(url + target, { ca, method, headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers } }, (response) => {
      let text = '';
      response.on('data', (bytes) => { text += bytes; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body ? JSON.stringify(body) : undefined);
  });
}

/** Becomes the owner, and makes a token. */
async function own(server, ca) {
  const [, setup_token] = await eventually('the set-up link', () => /\/setup\?token=([\w.-]+)/.exec(server.stderr));
  const set_up = await ask(server.url, ca, 'POST', '/api/v1/setup', { setup_token, name: 'Ada', email: 'ada@example.org', password: 'a long password' });
  const session = JSON.parse(set_up.text);
  const made = await ask(server.url, ca, 'POST', '/api/v1/tokens', { name: 'client' }, { Cookie: set_up.headers['set-cookie'][0].split(';')[0], 'X-CSRF-Token': session.csrf_token });
  assert.equal(made.status, 201, made.text);
  return JSON.parse(made.text).token;
}

test('a profile is another server, with the same commands', async (t) => {
  let run, remote;
  t.after(async () => {  // before the directory goes: its instances may be mounts
    for (const id of run?.(['db', 'ls', ...team]).stdout.match(/instance_[0-9a-z]+/g) ?? []) run(['db', 'rm', '--force', ...team, id]);
    await remote?.stop();
  });
  const dir = fresh_dir(t), home = path.join(dir, 'home'), work = path.join(dir, 'work');
  for (const place of [home, work]) fs.mkdirSync(place);
  const { certificate, key } = make_certificate(dir), ca = fs.readFileSync(certificate);
  remote = await Server.start(path.join(dir, 'remote'), { flags: ['--listen', `${remote_address}:0`, '--database-listen', `${remote_address}:0`, '--tls-cert', certificate, '--tls-key', key] });
  const token = await own(remote, ca);

  let written = '';  // all that commands have printed
  run = (words, env = {}) => {
    const environment = { PATH: process.env.PATH, HOME: home, TMPDIR: dir, TEAM_TOKEN: token, ...env };
    const ran = spawnSync(binary, words, { cwd: work, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    written += ran.stdout + ran.stderr;
    return ran;
  };
  const ok = (words, env) => {
    const ran = run(words, env);
    assert.equal(ran.status, 0, `${words.join(' ')}: ${ran.stderr}`);
    return ran.stdout.trim();
  };
  const refused = (status, words, why, env) => {
    const ran = run(words, env);
    assert.equal(ran.status, status, `${words.join(' ')}: ${ran.stderr}`);
    assert.match(ran.stderr, why);
  };
  const profiles_file = path.join(home, '.config/ramify/profiles.json');

  await t.test('it is kept for its owner alone, without the token', () => {
    ok(['profile', 'add', 'team', remote.url, '--token-env', 'TEAM_TOKEN', '--ca-file', certificate]);
    assert.equal(fs.statSync(profiles_file).mode & 0o777, 0o600);
    assert.equal(JSON.parse(ok(['profile', 'ls'])).profiles[0].token_env, 'TEAM_TOKEN');
    refused(1, ['profile', 'add', 'team', remote.url], /already/);
  });

  fs.writeFileSync(path.join(work, 'schema.sql'), 'create table item (id int primary key, name text);\n');
  fs.writeFileSync(path.join(work, 'data.csv'), Array.from({ length: 20_000 }, (_, i) => `${i},item ${i}\n`).join(''));
  fs.writeFileSync(path.join(work, 'load.sql'), '\\copy item from data.csv csv\n');
  const steps = ['--', '-f', 'schema.sql', '-f', 'load.sql'];

  await t.test('it prepares, plans, connects and runs there, and starts no server here', () => {
    const dsn = ok(['db', 'prepare', 'psql', ...team, '--name', 'shop', ...steps]);
    assert.match(dsn, new RegExp(`@${remote_address.replaceAll('.', '\\.')}:\\d+/instance_`));
    assert.equal(execFileSync('psql', ['-AtX', dsn, '-c', 'select count(*) from item'], { encoding: 'utf8' }).trim(), '20000');
    assert.equal(ok(['db', 'psql', ...team, 'shop', '--', '-Atc', 'select name from item where id = 7']), 'item 7');
    assert.equal(ok(['db', 'run', ...team, '--instance', 'shop', '--', 'sh', '-c', 'echo $PGHOST']), remote_address);
    assert.equal(JSON.parse(ok(['db', 'plan', 'psql', ...team, '--output', 'json', ...steps])).cached, true);
    assert.equal(ok(['db', 'prepare', 'psql', ...team, ...steps, 'run', 'psql', '--', '-Atc', 'select min(id) from item']), '0');
    fs.writeFileSync(path.join(work, 'shop.dump'), execFileSync('pg_dump', ['-Fc', dsn]));
    const restored = ok(['db', 'prepare', 'dump', ...team, '--', '--no-owner', 'shop.dump']);
    assert.equal(execFileSync('psql', ['-AtX', restored, '-c', 'select count(*) from item'], { encoding: 'utf8' }).trim(), '20000');
    ok(['db', 'prepare', 'pgbench', ...team, '--', '-i', '-s', '1']);
    assert.equal(JSON.parse(ok(['db', 'status', ...team, '--output', 'json'])).profile, 'team');
    assert.ok(!fs.existsSync(path.join(home, '.local')), 'no data directory was made');
  });

  const puts = async () => {
    const { text } = await ask(remote.url, ca, 'GET', '/metrics');
    return Number(/http_requests_total\{route="PUT [^"]*\/blobs\/[^"]*"\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  await t.test('only contents that the server does not have travel', async () => {
    const before = await puts();
    assert.ok(before >= 3, 'the files of the first prepare went there');
    fs.writeFileSync(path.join(work, 'schema.sql'), 'create table item (id int primary key, name text, price int);\n');
    fs.writeFileSync(path.join(work, 'load.sql'), '\\copy item (id, name) from data.csv csv\n');
    ok(['db', 'prepare', 'psql', ...team, ...steps]);
    assert.equal(await puts() - before, 2, 'the two scripts that changed; not the data');
    ok(['db', 'prepare', 'psql', ...team, ...steps]);
    assert.equal(await puts() - before, 2, 'nothing');
  });

  await t.test('the profile in use is meant when nobody names a server; the server of this machine has its own', (s) => {
    const here = { RAMIFY_DATA_DIR: path.join(dir, 'here') };
    s.after(() => run(['db', 'stop', '--all'], here));
    ok(['profile', 'use', 'team']);
    assert.match(ok(['db', 'ls']), /"shop"/);
    assert.match(ok(['db', 'prepare', 'psql', '--data-dir', here.RAMIFY_DATA_DIR, '--name', 'local-shop', '--', '-c', 'select 1']), /@127\.0\.0\.1:/);
    assert.doesNotMatch(ok(['db', 'ls'], here), /"shop"/);
    assert.doesNotMatch(ok(['db', 'ls']), /local-shop/);
    assert.match(ok(['db', 'ls'], { ...here, RAMIFY_PROFILE: 'team' }), /"shop"/);
    assert.match(ok(['db', 'ls', '--data-dir', here.RAMIFY_DATA_DIR], { RAMIFY_PROFILE: 'team' }), /local-shop/);
    ok(['profile', 'use', 'local']);
    assert.equal(JSON.parse(ok(['db', 'status', '--output', 'json'])).status, 'stopped');
    for (const id of ok(['db', 'ls'], here).match(/instance_[0-9a-z]+/g)) ok(['db', 'rm', id], here);
  });

  await t.test('a token may come from a file or a command', () => {
    const token_file = path.join(dir, 'token');
    fs.writeFileSync(token_file, `${token}\n`, { mode: 0o600 });
    ok(['profile', 'add', 'by-file', remote.url, '--token-file', token_file, '--ca-file', certificate]);
    ok(['profile', 'add', 'by-command', remote.url, '--token-command', `cat '${token_file}'`, '--ca-file', certificate]);
    for (const profile of ['by-file', 'by-command']) assert.match(ok(['db', 'ls', '--profile', profile], { TEAM_TOKEN: '' }), /"shop"/);
  });

  await t.test('what is wrong is said', async (s) => {
    const other = http.createServer((request, response) => {
      response.writeHead(404, { 'Content-Type': 'application/problem+json', 'Ramify-Version': '99.0.0' });
      response.end(JSON.stringify({ status: 404, detail: 'there is no such address' }));
    });
    await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
    s.after(() => other.close());
    ok(['profile', 'add', 'untrusted', remote.url, '--token-env', 'TEAM_TOKEN']);
    ok(['profile', 'add', 'gone', nobody]);
    ok(['profile', 'add', 'nowhere', 'https://no-such-host.invalid']);
    refused(2, ['db', 'ls', ...team], /the variable TEAM_TOKEN is not set/, { TEAM_TOKEN: '' });
    refused(4, ['db', 'ls', ...team], /mistyped, revoked or over[^]*from its variable TEAM_TOKEN/, { TEAM_TOKEN: 'rmf_0000' });
    refused(4, ['session', 'show', ...team], /from its variable TEAM_TOKEN/, { TEAM_TOKEN: 'rmf_0000' });
    refused(5, ['db', 'ls', '--profile', 'untrusted'], /self-signed certificate[^]*Profile untrusted/);
    refused(5, ['db', 'ls', '--profile', 'gone'], /does not accept connections[^]*Profile gone/);
    refused(5, ['db', 'images', '--profile', 'gone'], /does not accept connections/);
    refused(5, ['db', 'ls', '--profile', 'nowhere'], /there is no host no-such-host\.invalid/);
    refused(2, ['db', 'ls', '--profile', 'tean'], /did you mean team\?/);
    refused(2, ['db', 'ls', ...team, '--server', nobody], /two servers/);
    const newer = spawn(binary, ['db', 'ls', '--server', `http://127.0.0.1:${other.address().port}`], { env: { PATH: process.env.PATH, HOME: home } });
    let said = '';
    newer.stderr.on('data', (bytes) => { said += bytes; });
    await new Promise((resolve) => newer.on('close', resolve));
    assert.match(said, /the server is ramify 99\.0\.0/);
    ok(['profile', 'rm', 'gone']);
    refused(1, ['profile', 'rm', 'gone'], /no profile "gone"/);
  });

  assert.ok(!written.includes(token) && !fs.readFileSync(profiles_file, 'utf8').includes(token), 'the token is never shown and never written down');
});
