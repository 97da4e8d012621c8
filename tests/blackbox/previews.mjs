// Previews as a browser sees them: pages and modules at their own origin, WebSockets, the stream of what happens in them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { eventually, hang_ms } from './server.mjs';

/** A request to a preview's origin, whose name need not resolve here. */
export async function through(server, preview, target, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: server.port, path: target, headers: { Host: new URL(preview.url).host, ...headers } }, (response) => {
      let body = '';
      response.on('data', (bytes) => { body += bytes; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end();
  });
}

/** Everything that the preview's stream says. */
export async function events_of(api, preview) {
  const events = [];
  for (let after = 0; ;) {
    const page = await api.call('GET', `/api/v1/previews/${preview.id}/events?after=${after}&limit=100`, undefined, { Accept: 'application/json' });
    events.push(...page.items.filter((item) => item.seq !== undefined));
    if (!page.next_cursor || page.items.length === 0) return events;
    after = page.next_cursor;
  }
}
export const statuses_of = (events) => events.filter((event) => event.type === 'preview.status').map((event) => event.preview.status);
export const log_of = (events, source) => events.filter((event) => event.type === 'preview.log' && event.source === source).map((event) => event.text).join('');

/** Opens a preview and waits until it runs. */
export async function open_preview(api, app, more = {}, patience_ms = hang_ms) {
  const preview = await api.post('/api/v1/previews', { app_id: app.id, ...more });
  const settled = await api.preview_when(preview.id, ['ready', 'failed'], patience_ms);
  assert.equal(settled.status, 'ready', settled.error);
  return settled;
}

// ---- WebSocket (RFC 6455), as much of it as short texts from a server need

export class Socket {
  /** Connects to a preview's origin; fails with the status when it is no WebSocket. */
  static connect(server, preview, target, protocol) {
    const host = new URL(preview.url).host;
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: server.port, path: target, headers: {
        Host: host, Origin: `http://${host}`, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'), 'Sec-WebSocket-Protocol': protocol } });
      request.on('upgrade', (response, socket, head) => resolve(new Socket(socket, head)));
      request.on('response', (response) => reject(new Error(`no WebSocket: ${response.statusCode}`)));
      request.on('error', reject);
      request.end();
    });
  }
  constructor(socket, head) {
    this.socket = socket;
    this.texts = [];
    this.bytes = head;
    this.read();
    socket.on('data', (bytes) => { this.bytes = Buffer.concat([this.bytes, bytes]); this.read(); });
    socket.on('error', () => {});
  }
  read() {
    while (this.bytes.length >= 2) {
      const short = this.bytes[1] & 0x7f;
      const from = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.bytes.length < from) return;
      const length = short === 126 ? this.bytes.readUInt16BE(2) : short === 127 ? Number(this.bytes.readBigUInt64BE(2)) : short;
      if (this.bytes.length < from + length) return;
      if ((this.bytes[0] & 0x0f) === 1) this.texts.push(this.bytes.subarray(from, from + length).toString());
      this.bytes = this.bytes.subarray(from + length);
    }
  }
  /** The first message, of those that came and will come, for which `is_wanted` is true. */
  message(what, is_wanted) { return eventually(what, async () => this.texts.map((text) => JSON.parse(text)).find(is_wanted)); }
  close() { this.socket.destroy(); }
}

// ---- apps whose packages come from their own script, so that no registry is asked

const lock = { name: 'app', version: '0.0.0', lockfileVersion: 3, requires: true, packages: { '': { name: 'app', version: '0.0.0', hasInstallScript: true } } };

/** A react-vite app whose `vite` is the given program. */
export async function app_with(api, { postinstall = 'node tools/install.cjs', vite = '' }) {
  const app = await api.app('Scripted', 'react-vite');
  const put = (file, content) => api.call('PUT', `/api/v1/apps/${app.id}/files`, { path: file, content });
  const script = `mkdir -p node_modules/.bin && printf '%s' '${Buffer.from(`#!/usr/bin/env node\n${vite}`).toString('base64')}' | base64 -d > node_modules/.bin/vite && chmod 755 node_modules/.bin/vite`;
  await put('package.json', JSON.stringify({ name: 'app', version: '0.0.0', scripts: { postinstall: vite ? script : postinstall } }));
  await put('package-lock.json', JSON.stringify(lock));
  return app;
}
/** A dev command that answers "it runs", and exits at /crash. */
export const serves = "require('http').createServer((q, a) => { if (q.url === '/crash') process.exit(3); a.end('it runs'); }).listen(Number(process.argv[process.argv.indexOf('--port') + 1]), '127.0.0.1');";
