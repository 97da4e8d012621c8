// The real binary on a data directory, as a person or a script would run it.
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
export const binary = path.resolve(root, process.env.RAMIFY_BIN ?? 'build/release/ramify');

/** A directory that is removed when the test ends; readable below by the unprivileged accounts that PostgreSQL and sandboxes use. */
export function fresh_dir(test, parent = os.tmpdir()) {
  const dir = fs.mkdtempSync(path.join(parent, 'ramify-blackbox-'));
  fs.chmodSync(dir, 0o711);
  const remove = () => {
    for (const place of mounts(dir)) spawnSync('umount', ['-l', place]);  // what a test mounted, or a server that was killed left
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  test.after(() => {
    // The server of a story that failed is ended after this, and an error here would leave it running.
    try { remove(); } catch { process.on('exit', remove); }
  });
  return dir;
}

/** The mount points below a directory. */
export function mounts(dir) {
  return fs.readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1]).filter((place) => place?.startsWith(`${dir}/`));
}

/** Leaves a test out that needs what only root can be sure to have. Where the tests run as root, that is a failure. */
export function leave_out(test, why) {
  if (process.getuid() === 0) throw new Error(`root must be able to run this: ${why}`);
  test.skip(why);
}

/** What takes longer hangs; a busy machine with sanitizers is slow. */
export const hang_ms = 180_000;

/** Waits until `probe` gives something true, and returns it. */
export async function eventually(what, probe, patience_ms = hang_ms) {
  const end = Date.now() + patience_ms;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`it never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Server {
  /** Options: args (further ones), flags (those instead of the usual ones), uid (start as this user), env. Resolves when the line `ready` has come. */
  static async start(data_dir, options = {}) {
    const server = new Server(data_dir, options);
    await server.ready();
    return server;
  }

  constructor(data_dir, { args = [], flags = ['--listen', '127.0.0.1:0', '--insecure-dev', '--demo-word-ms', '5'], env = {}, uid } = {}) {
    this.data_dir = data_dir;
    this.stdout = '';
    this.stderr = '';
    const environment = { ...process.env, ...env };
    for (const name of Object.keys(environment)) if (name.startsWith('RAMIFY_') && !(name in env)) delete environment[name];
    this.process = spawn(binary, ['serve', '--data-dir', data_dir, ...flags, ...args],
                         { stdio: ['ignore', 'pipe', 'pipe'], env: environment, uid, gid: uid, cwd: '/' });
    this.ended = new Promise((resolve) => this.process.on('close', (code, signal) => resolve({ code, signal })));
    this.ended.then(() => { this.has_ended = true; });
    this.process.stdout.on('data', (bytes) => { this.stdout += bytes; });
    this.process.stderr.on('data', (bytes) => { this.stderr = (this.stderr + bytes).slice(-200_000); });
  }

  async ready() {
    await eventually('the line `ready`', () => this.has_ended || this.stdout.includes('\n'));
    const line = /^ready (https?:\/\/[\d.]+:(\d+))\n/.exec(this.stdout);
    if (!line) throw new Error(`the server did not start:\n${this.stdout}\n${this.stderr}`);
    this.url = line[1];
    this.port = Number(line[2]);
    this.api = new Api(this.url);
  }

  async kill() {
    if (!this.has_ended) this.process.kill('SIGKILL');
    return this.ended;
  }

  /** SIGTERM, and the exit code. */
  async stop() {
    if (!this.has_ended) this.process.kill('SIGTERM');
    return this.ended;
  }

  /** One value from the embedded PostgreSQL, as its owner. */
  sql(text) { return sql(this.data_dir, text); }
  postmaster() { return postmaster(this.data_dir); }
}

function postmaster_file(data_dir) { return fs.readFileSync(path.join(data_dir, 'postgres/postmaster.pid'), 'utf8').split('\n'); }
export function postmaster(data_dir) {
  try { return Number(postmaster_file(data_dir)[0]); } catch { return 0; }
}
export function sql(data_dir, text) {
  const lines = postmaster_file(data_dir);
  const ran = spawnSync('psql', ['-h', lines[4], '-p', lines[3], '-U', 'ramify_admin', '-AtqX', '-c', text, 'ramify'], { encoding: 'utf8', cwd: '/', ...owner_of(lines[4]) });
  if (ran.status !== 0) throw new Error(`psql: ${ran.error ?? ran.stderr}`);
  return ran.stdout.trim();
}
/** The socket admits its owner alone. */
function owner_of(dir) {
  const { uid, gid } = fs.statSync(dir);
  return process.getuid() === 0 ? { uid, gid } : {};
}

/** An answer that is not what was wanted, with the problem document. */
export class Refused extends Error {
  constructor(status, problem, headers) {
    super(`${status} ${JSON.stringify(problem)}`);
    Object.assign(this, { status, problem, headers });
  }
}

export class Api {
  constructor(url) { this.url = url; }

  async request(method, target, body, headers = {}) {
    const is_json = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
    return fetch(this.url + target, {
      method, headers: { ...(is_json ? { 'Content-Type': 'application/json' } : {}), ...headers }, body: is_json ? JSON.stringify(body) : body,
      signal: AbortSignal.timeout(hang_ms) });
  }
  async call(method, target, body, headers) {
    const response = await this.request(method, target, body, headers);
    const text = await response.text();
    const value = text && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
    if (!response.ok) throw new Refused(response.status, value, response.headers);
    return value;
  }
  get(target) { return this.call('GET', target); }
  post(target, body = {}, headers) { return this.call('POST', target, body, headers); }

  /** All items of a list, over its pages. */
  async all(target) {
    const items = [];
    for (let cursor = ''; cursor !== null;) {
      const page = await this.get(`${target}${target.includes('?') ? '&' : '?'}limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    }
    return items;
  }

  app(name = 'An app', template = 'static') { return this.post('/api/v1/apps', { name, template }); }
  say(chat_id, text, more = {}) { return this.post(`/api/v1/chats/${chat_id}/messages`, { text, ...more }); }
  /** The generation when it has ended. */
  async settled(generation_id) {
    return eventually(`the end of ${generation_id}`, async () => {
      const generation = await this.get(`/api/v1/generations/${generation_id}`);
      return !['queued', 'streaming'].includes(generation.status) && generation.ended_at && generation;
    });
  }
  /** The preview when it is none of `not`. */
  async preview_when(preview_id, wanted, patience_ms) {
    return eventually(`preview ${wanted}`, async () => {
      const preview = await this.get(`/api/v1/previews/${preview_id}`);
      return wanted.includes(preview.status) && preview;
    }, patience_ms);
  }
}

/** The processes that run out of a data directory: its name stands in their command, directory or environment. */
export function processes_of(data_dir) {
  const found = [];
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const command = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
      let cwd = '';
      try { cwd = fs.readlinkSync(`/proc/${entry}/cwd`); } catch { /* not ours to see */ }
      if (command.includes(data_dir) || cwd.startsWith(data_dir)) found.push(`${entry} ${command.slice(0, 200)}`);
    } catch { /* it ended meanwhile */ }
  }
  return found;
}
export async function no_processes_left(data_dir) {
  try {
    await eventually('the end of all its processes', () => processes_of(data_dir).length === 0);
  } catch {
    throw new Error(`processes are left: ${processes_of(data_dir).join('; ')}`);
  }
}

// ---- ids

const digits = '0123456789abcdefghjkmnpqrstvwxyz';
/** "app_…" as the UUID that directories are named by. */
export function uuid_of(id) {
  let value = 0n;
  for (const c of id.slice(id.lastIndexOf('_') + 1)) value = value * 32n + BigInt(digits.indexOf(c));
  const hex = value.toString(16).padStart(32, '0').slice(-32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
export function repository_of(data_dir, organization_id, app_id) {
  return path.join(data_dir, 'organizations', uuid_of(organization_id), 'apps', `${uuid_of(app_id)}.git`);
}
export function git(repository, ...args) { return git_with(repository, '', ...args); }
/** With `input` on its stdin. */
export function git_with(repository, input, ...args) {
  return execFileSync('git', ['-c', 'safe.directory=*', '-C', repository, ...args], { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] }).trim();
}

// ---- chance, repeatable

export const seed = Number(process.env.RAMIFY_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Numbers in [0, 1), the same for the same seed. */
export function chance(from) {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
