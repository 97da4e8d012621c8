// The databases' port with the drivers and tools that people use. Servers and proxy are one program (src/testing/database_proxy.cpp).
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import pg from 'pg'
import postgres from 'postgres'

const here = path.dirname(fileURLToPath(import.meta.url))
const program = process.env.RAMIFY_DATABASE_PROXY ?? path.join(here, '../../build/dev/database_proxy')
let server, stage

before(async () => {
  server = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: server.stdout })) { stage = JSON.parse(line); break }
  assert.ok(stage, 'the proxy did not start')
})
after(async () => {
  const ended = new Promise(done => server.on('exit', done))
  server.stdin.end()
  assert.equal(await ended, 0)
})

const url = (database, { user = stage.user, password = stage.password } = {}) => `postgres://${user}:${password}@127.0.0.1:${stage.port}/${database}`
function run(command, parameters, options = {}) {
  const child = spawn(command, parameters, options)
  const result = { child, stdout: '', stderr: '' }
  child.stdout.on('data', text => { result.stdout += text })
  child.stderr.on('data', text => { result.stderr += text })
  result.ended = new Promise((done, failed) => { child.on('error', failed); child.on('close', code => done(Object.assign(result, { code }))) })
  return result
}

test('psql connects by a URL, and by a token', async () => {
  const first = await run('psql', ['-XAtc', 'select 42', url('shop@main+test1')]).ended
  assert.deepEqual([first.stdout, first.stderr, first.code], ['42\n', '', 0])
  const second = await run('psql', ['-XAtc', 'select 43', url('shop@main', { user: 'token', password: stage.token })]).ended
  assert.equal(second.stdout, '43\n')
})

test('psql is told what to do when there is no such database, or the password is wrong', async () => {
  const unknown = await run('psql', ['-Xc', 'select 1', url('shop@elsewhere')]).ended
  assert.match(unknown.stderr, /there is no database "shop@elsewhere"; ramify db ls/)
  const wrong = await run('psql', ['-Xc', 'select 1', url('shop@main', { password: 'wrong' })]).ended
  assert.match(wrong.stderr, /the password of user "ramify" is wrong; .*ramify db dsn shop@main/)
})

test('Ctrl-C in psql ends the statement', async () => {
  const sleeping = run('psql', ['-Xc', "select pg_sleep(600) /* to be cancelled */", url('shop@main')])
  const client = new pg.Client(url('shop@main'))
  await client.connect()
  for (let count = '0'; count === '0';) ({ rows: [{ count }] } = await client.query("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query like '%to be cancelled%'"))
  await client.end()
  sleeping.child.kill('SIGINT')
  assert.match((await sleeping.ended).stderr, /canceling statement due to user request/)
})

test('pgbench initializes and runs, with prepared statements and without', async () => {
  for (const parameters of [['-i', '-q'], ['-S', '-n', '-M', 'prepared', '-c', '8', '-t', '200'], ['-n', '-c', '4', '-t', '50']]) {
    const result = await run('pgbench', [...parameters, url('shop@main')]).ended
    assert.equal(result.code, 0, result.stderr)
  }
})

test('node-postgres: pools, prepared statements, errors with their SQLSTATE', async () => {
  const pool = new pg.Pool({ connectionString: url('shop@main+*'), max: 20 })
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => pool.query({ name: 'twice', text: 'select $1::int * 2 as value', values: [i] })))
  assert.deepEqual(answers.map(answer => answer.rows[0].value), Array.from({ length: 200 }, (_, i) => i * 2))
  await assert.rejects(pool.query('select 1/0'), { code: '22012' })
  await pool.end()
  for (const [database, options, code] of [['shop@elsewhere', {}, '3D000'], ['shop@', {}, '3D000'], ['shop@main', { password: 'wrong' }, '28P01']]) {
    const client = new pg.Client(url(database, options))
    await assert.rejects(client.connect(), { code })
  }
})

test('postgres.js: pipelines, cursors, COPY, listen and notify, cancel', async () => {
  const sql = postgres(url('shop@main+test1'), { max: 10, onnotice() {} })
  assert.deepEqual(await Promise.all(Array.from({ length: 100 }, (_, i) => sql`select ${i}::int as i`.then(rows => rows[0].i))), Array.from({ length: 100 }, (_, i) => i))
  let rows = 0
  await sql`select generate_series(1, 5000) as i`.cursor(100, page => { rows += page.length })
  assert.equal(rows, 5000)
  await sql`drop table if exists copied`
  await sql`create table copied (a int)`
  const writable = await sql`copy copied from stdin`.writable()
  await new Promise((done, failed) => { writable.on('finish', done).on('error', failed); writable.write('1\n2\n'); writable.end('3\n') })
  assert.equal((await sql`select sum(a)::int as sum from copied`)[0].sum, 6)
  const heard = new Promise(done => { sql.listen('news', done).then(() => sql.notify('news', 'hello')) })
  assert.equal(await heard, 'hello')
  const sleeping = sql`select pg_sleep(600)`.execute()
  for (let count = 0; count === 0;) [{ count }] = await sql`select count(*)::int as count from pg_stat_activity where wait_event = 'PgSleep'`
  sleeping.cancel()
  await assert.rejects(sleeping, { code: '57014' })
  await sql.end()
})

test('JDBC: names with + in them, prepared statements, batches, cancel, errors', async () => {
  const result = await run('java', ['-cp', '/usr/share/java/postgresql.jar', path.join(here, 'Jdbc.java'), String(stage.port), stage.user, stage.password]).ended
  assert.equal(result.code, 0, result.stderr)
  assert.equal(result.stdout, 'done\n')
})
