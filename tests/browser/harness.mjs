// A real server and a real browser for a story.
//   RAMIFY_BIN   the server's binary (build/release/ramify when absent)
//   CHROMIUM     the browser (/usr/bin/chromium when absent)
//   BROWSER_SHOTS  a directory for screenshots; none are taken when absent
import { execFile, execFileSync, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const binary = process.env.RAMIFY_BIN ?? new URL('../../build/release/ramify', import.meta.url).pathname;
const shots = process.env.BROWSER_SHOTS;
/** A first start makes a database cluster, and the machine may be busy. */
const start_ms_max = 120_000;
/** What takes longer on a page hangs; the machine may be busy. */
export const patience_ms = 120_000;

/** Copies of states are mounts on some file systems, and outlive the server as its data does. */
async function unmount_below(directory) {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const below = mounts.split('\n').map((line) => line.split(' ')[1]).filter((path) => path?.startsWith(`${directory}/`));
  for (const path of below.reverse()) execFileSync('umount', ['-l', path]);  // a cage may just be ending
}

/** Starts `ramify serve` on a free port with a fresh data directory; `printed(pattern)` waits for something that it prints. */
export async function start_server({ insecure = true, environment = {} } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'ramify-browser-'));
  const flags = ['serve', '--data-dir', directory, '--listen', '127.0.0.1:0', ...(insecure ? ['--insecure-dev'] : [])];
  const { RAMIFY_OPENAI_BASE_URL, RAMIFY_OPENAI_API_KEY, RAMIFY_OPENAI_MODEL, ...clean } = process.env;
  const process_ = spawn(binary, flags, { env: { ...clean, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise((resolve) => {
    process_.once('exit', resolve);
    process_.once('error', resolve); // there is no such binary
  });
  const stop = async () => {
    process_.kill('SIGTERM');
    const killer = setTimeout(() => process_.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(killer);
    await unmount_below(directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server was not ready in ${start_ms_max} ms:\n${output}`)), start_ms_max);
      const read = (chunk) => {
        output += chunk;
        const ready = /^ready (http:\S+)$/m.exec(output);
        if (!ready) return;
        clearTimeout(timer);
        resolve(ready[1].replace(/\/$/, ''));
      };
      process_.stdout.on('data', read);
      process_.stderr.on('data', read);
      process_.once('error', reject);
      process_.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with ${code} before it was ready:\n${output}`));
      });
    });
    /** What the pattern finds in the output, as soon as it is there. */
    const printed = async (pattern) => {
      for (const end = Date.now() + patience_ms; Date.now() < end; await sleep(20)) {
        const found = pattern.exec(output);
        if (found) return found;
      }
      throw new Error(`the server never printed ${pattern}:\n${output}`);
    };
    /** Runs `ramify WORDS…` against this server. */
    const command = (...words) => promisify(execFile)(binary, words, { env: { ...clean, RAMIFY_SERVER: url } });
    /** Runs SQL on the server's own database, for what would take a person years to say. */
    const sql = async (text) => {
      const [, , , port, host] = (await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
      return promisify(execFile)('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', host, '-p', port, '-U', 'ramify_admin', '-d', 'ramify', '-c', text]);
    };
    return { url, stop, printed, command, sql };
  } catch (error) {
    await stop();
    throw new Error(`${binary} did not start: ${error.message}`);
  }
}

/** One browser for a story. Every page has a context of its own, with its own storage, as a person has. */
export async function start_browser() {
  const process_ = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', timeout: start_ms_max,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return { open: (options) => process_.newContext(options), close: () => process_.close() };
}

/** A page whose faults (exceptions, broken rules of the content policy) are collected in `page.faults`. */
export async function open_page(browser, server, { phone = false, dark = false, locale = 'en-US' } = {}) {
  const context = await browser.open({
    baseURL: server.url, locale, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce',
    viewport: phone ? { width: 390, height: 844 } : { width: 1400, height: 860 }, hasTouch: phone,
  });
  context.setDefaultTimeout(patience_ms);
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('console', (message) => {
    const is_page = message.location().url === '' || message.location().url.startsWith(server.url);
    if (message.type() === 'error' && is_page && !message.text().startsWith('Failed to load resource')) page.faults.push(message.text());
  });
  return page;
}

export async function shot(page, name) {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** The API as the page's own user, without the page. */
export async function api(server, method, path, body) {
  const response = await fetch(`${server.url}/api/v1${path}`, { method, headers: { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}

/** Waits until `ask` answers with `wanted`: for what no element of the page tells. */
export async function becomes(ask, wanted, what = '') {
  for (const end = Date.now() + patience_ms; ; await sleep(50)) {
    const now = await ask();
    if (JSON.stringify(now) === JSON.stringify(wanted)) return;
    if (Date.now() > end) throw new Error(`${what} ${JSON.stringify(now)} did not become ${JSON.stringify(wanted)}`);
  }
}

/** What a person does first: says what should grow, on a template, and lands on the page of the new app. */
export async function create_app(page, text, { template = 'static' } = {}) {
  await page.goto('/');
  await page.locator(`input[name=template][value="${template}"]`).check({ force: true });
  await page.getByRole('textbox', { name: 'Describe the app' }).fill(text);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/apps\/app_/);
  return /\/apps\/(app_\w+)/.exec(page.url())[1];
}

export async function say(page, text) {
  await page.getByRole('textbox', { name: 'New message' }).fill(text);
  await page.keyboard.press('Enter');
}

export const answers = (page) => page.locator('article[data-role=assistant]');

/** Waits until `count` answers stand there and none is being written. */
export async function wait_for_answers(page, count) {
  await answers(page).nth(count - 1).waitFor();
  await page.locator('[role=log][aria-label=Messages][aria-busy=false]').waitFor();
}

/** What the preview shows, once it runs and says something. */
export async function preview_content(page, frame = page.locator('iframe')) {
  await frame.first().waitFor();
  const body = frame.first().contentFrame().locator('body');
  await body.waitFor();
  return body.evaluate(async (node) => {
    const sheets = await Promise.all([...document.querySelectorAll('link[rel=stylesheet]')].map((link) => fetch(link.href).then((answer) => answer.text()).catch(() => '')));
    return node.innerHTML + sheets.join('\n');
  });
}

/** Asks again until the preview differs from `before`; a preview follows its branch within moments. */
export async function changed_preview(page, before, frame = page.locator('iframe')) {
  const end = Date.now() + patience_ms;
  for (;;) {
    const now = await preview_content(page, frame).catch(() => before);
    if (now !== before) return now;
    if (Date.now() > end) throw new Error('the preview did not change');
    await page.waitForTimeout(250);
  }
}
