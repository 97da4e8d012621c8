// Folders of migrations, carried out by ramify and by the tools that they are made for: the databases are the same, and the tool finds nothing to do.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import os from 'node:os'
import path from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'

const here = path.dirname(fileURLToPath(import.meta.url))
const program = process.env.RAMIFY_BIN ? path.resolve(process.env.RAMIFY_BIN) : path.join(here, '../../build/dev/ramify')
const dbmate = path.join(path.dirname(createRequire(import.meta.url).resolve('@dbmate/linux-x64/package.json')), 'bin/dbmate')
let folder

before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ramify-migrations-'))
  chmodSync(folder, 0o711)  // PostgreSQL's account passes through it
})
after(() => {
  for (let ids; (ids = ramify('ls').match(/instance_[0-9a-z]+/g));) ramify('rm', ...new Set(ids))  // their data are mounted
  ramify('stop', '--all')
  rmSync(folder, { recursive: true, force: true })
})

function ramify(...words) {
  return execFileSync(program, ['db', ...words], { cwd: folder, env: { ...process.env, RAMIFY_DATA_DIR: path.join(folder, 'data') }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}
function write(name, text) {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
  writeFileSync(path.join(folder, name), text)
}
/// All that is in a database, without what pg_dump draws anew each time.
function dump(dsn) {
  return execFileSync('pg_dump', [dsn], { encoding: 'utf8' }).split('\n').filter(line => !/^\\(un)?restrict /.test(line)).join('\n')
}
const empty = name => ramify('prepare', 'psql', '--name', name, '--', '-c', 'select 1')

test('dbmate leaves the same database, and has nothing to do on ours', () => {
  write('dbmate/20240101000000_item.sql', '-- migrate:up\ncreate table item (id int primary key, name text);\ninsert into item values (1, \'-- migrate:down\');\n\n-- migrate:down\ndrop table item;\n')
  write('dbmate/20240102000000_index.sql', '-- migrate:up transaction:false\ncreate index concurrently item_name on item (name);\n-- migrate:down\n')
  write('dbmate/20240103000000_function.sql', '-- migrate:up\ncreate function twice(n int) returns int language plpgsql as $$ begin return n * 2; end $$;\nupdate item set name = twice(id)::text || \';\';\n-- migrate:down\n')
  const ours = ramify('prepare', 'migrations', '--', 'dbmate'), theirs = empty('theirs_dbmate')
  const run = (dsn, ...words) => execFileSync(dbmate, ['--url', dsn + '?sslmode=disable', '-d', 'dbmate', '--no-dump-schema', ...words], { cwd: folder, encoding: 'utf8' })
  run(theirs, 'up')
  assert.equal(dump(ours), dump(theirs))
  assert.match(run(ours, 'status'), /Applied: 3\nPending: 0/)
  assert.equal(run(ours, 'up'), '')
  assert.equal(dump(ours), dump(theirs))
})

test('Drizzle leaves the same database, and has nothing to do on ours', async () => {
  write('drizzle/0000_item.sql', 'CREATE TABLE "item" (\n\t"id" serial PRIMARY KEY NOT NULL\n)\n--> statement-breakpoint\nINSERT INTO "item" DEFAULT VALUES;')
  write('drizzle/0001_name.sql', 'ALTER TABLE "item" ADD COLUMN "name" text;--> statement-breakpoint\nUPDATE "item" SET "name" = \'one\';')
  write('drizzle/meta/_journal.json', JSON.stringify({ version: '7', dialect: 'postgresql', entries: [
    { idx: 0, version: '7', when: 1700000000000, tag: '0000_item', breakpoints: true }, { idx: 1, version: '7', when: 1700000001000, tag: '0001_name', breakpoints: true }] }))
  const ours = ramify('prepare', 'migrations', '--', 'drizzle'), theirs = empty('theirs_drizzle')
  const run = async dsn => {
    const database = drizzle(dsn)
    await migrate(database, { migrationsFolder: path.join(folder, 'drizzle') })
    await database.$client.end()
  }
  await run(theirs)
  assert.equal(dump(ours), dump(theirs))
  await run(ours)
  assert.equal(dump(ours), dump(theirs))
})
