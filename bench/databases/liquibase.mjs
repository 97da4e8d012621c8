// A changelog of 100 changesets: prepared again when nothing has changed, which starts no Java, beside one `liquibase update` of
// the real tool on a database that has them all.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { here, percentile, round, scratchDirectory, atEnd, program, times } from '../bench.mjs'

const home = path.join(here, '../tests/liquibase/node_modules/liquibase/dist/liquibase')
const changesets = 100
const p = (values, share = 0.5) => round(percentile(values, share), 1)

function changelog(count) {
  const one = i => `  <changeSet id="${i}" author="ann"><createTable tableName="t${i}"><column name="id" type="int" autoIncrement="true"><constraints primaryKey="true"/></column><column name="name" type="varchar(50)"/></createTable></changeSet>`
  return `<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">\n${Array.from({ length: count }, (_, i) => one(i + 1)).join('\n')}\n</databaseChangeLog>\n`
}

function measured(count, run) {
  return Array.from({ length: count }, () => {
    const begin = performance.now()
    run()
    return performance.now() - begin
  })
}

export function liquibase(rounds, rows, raw, release) {
  if (!existsSync(home)) { console.error('Liquibase is not installed: (cd tests/liquibase && npm ci --ignore-scripts)'); return }
  const directory = scratchDirectory(), data = path.join(directory, 'data')
  mkdirSync(path.join(directory, 'db'))
  const write = count => writeFileSync(path.join(directory, 'db/main.xml'), changelog(count))
  const env = { ...process.env, LIQUIBASE_HOME: home, RAMIFY_DATA_DIR: data }
  const ramify = (...words) => execFileSync(program('ramify'), ['db', ...words], { cwd: directory, env, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })
  atEnd(() => {
    ramify('stop', '--all')
    release(data)
  })
  const prepare = (...flags) => ramify('prepare', 'lb', ...flags, '--', 'update', '--changelog-file=db/main.xml')
  write(changesets)
  const [cold] = measured(1, () => prepare('--name', 'first'))
  const warm = measured(rounds, () => prepare())
  write(changesets + 1)
  const [more] = measured(1, () => prepare())
  write(changesets)
  const dsn = new URL(ramify('dsn', 'first').trim())
  const update = measured(Math.min(rounds, 5), () => {
    const words = ['--show-banner=false', 'update', '--changelog-file=db/main.xml', `--url=jdbc:postgresql://${dsn.host}${dsn.pathname}`, `--username=${dsn.username}`, `--password=${dsn.password}`]
    const ran = spawnSync(path.join(home, 'liquibase'), words, { cwd: directory, env, encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(ran.stderr)
  })
  Object.assign(raw, { 'lb, warm': warm, 'lb, the real update': update })
  rows.push({ what: `ramify db prepare lb, ${changesets} changesets, cached: the whole command, no JVM`, figure: p(warm), unit: 'ms', target: '< 80 ms', is_hit: p(warm) < 80, peer: p(update), ratio: times(p(update), p(warm)), note: `p95 ${p(warm, 0.95)} ms; peer: \`liquibase update\` that finds nothing to do` })
  rows.push({ what: `ramify db prepare lb, ${changesets} changesets, nothing cached`, figure: p([cold]), unit: 'ms', note: 'two JVMs, and a snapshot after each changeset; the server is started too' })
  rows.push({ what: 'the same with one changeset more', figure: p([more]), unit: 'ms', note: 'two JVMs' })
}
