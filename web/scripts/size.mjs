// Prints what the first load of the UI weighs, gzipped, and fails when it is over the limit.
// First load: index.html, its scripts, styles and fonts (all alphabets), and everything those import statically.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const first_load_bytes_max = 250_000;
const dist = new URL('../dist/', import.meta.url);
const gzipped = (name) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

const files = new Set(['index.html', 'theme.js', 'favicon.svg']);
const add = (key) => {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const part of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(part);
  for (const imported of chunk.imports ?? []) add(imported);
};
add('index.html');

let total = 0;
for (const file of files) {
  const bytes = gzipped(file);
  total += bytes;
  console.log(`${String(bytes).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  first load, gzipped (limit ${first_load_bytes_max})`);
if (total > first_load_bytes_max) {
  console.error('The first load is over its limit: move what the first page does not need behind import().');
  process.exit(1);
}
