// SQL is pasted, becomes a database with a console, is forked, reset and dropped; a failure says where; all of it in Russian, too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, becomes, open_page, shot, start_browser, start_server } from './harness.mjs';

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const schema = `create table item (id int primary key, name text not null);
insert into item select i, 'item ' || i from generate_series(1, 500) i;`;
const editor = (page) => page.locator('.cm-content');

/** Replaces what the console's editor holds and runs it by the keyboard. */
async function run(page, sql) {
  await editor(page).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(sql);
  await page.keyboard.press('Control+Enter');
}

async function choose(page, action) {
  await page.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

test('pasted SQL becomes a database that is queried, forked, reset and dropped', async () => {
  const page = await open_page(browser, server);
  await page.goto('/');
  await page.getByRole('button', { name: 'Databases' }).click();
  await page.getByRole('heading', { level: 1, name: 'Instances' }).waitFor();
  await page.getByRole('button', { name: 'Prepare a database' }).click();
  await page.locator('textarea').fill(schema);
  await page.getByRole('button', { name: 'Keep as a step, and write the next' }).click();
  await page.locator('textarea').fill("do $$ begin raise notice 'second step'; end $$;\nupdate item set name = 'first' where id = 1;");
  await page.getByLabel('Name of the instance').fill('shop');
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.locator('.plan .step[data-look=waiting]').nth(1).waitFor();
  assert.match(await page.locator('.plan .step').first().innerText(), /Never built before/);
  await page.getByRole('button', { name: 'Prepare', exact: true }).click();
  await page.waitForURL(/\/prepares\/prepare_/);
  await page.locator('.step[data-look=built]').nth(1).waitFor();
  await page.getByRole('log', { name: 'Output' }).getByText('second step').waitFor();
  await page.getByRole('button', { name: 'Open the console' }).waitFor();
  await shot(page, 'databases-prepare');

  await page.getByRole('button', { name: 'Open the console' }).click();
  await run(page, 'select id, name from item order by id');
  await page.getByRole('columnheader', { name: /^name/ }).waitFor();
  assert.equal(await page.locator('.result tbody tr').count(), 100, 'a long result is drawn in parts');
  await page.getByRole('button', { name: 'Show 400 more rows' }).click();
  await page.locator('.result tbody tr').nth(499).waitFor();
  assert.equal(await page.locator('.result tbody tr').first().innerText(), '1\tfirst');

  await run(page, "do $$ begin raise warning 'careful'; end $$");
  await page.getByText('WARNING: careful').waitFor();
  await run(page, 'select 1;\nselect nonsense from item');
  await page.locator('.query-failure').getByText('column "nonsense" does not exist').waitFor();
  await page.locator('.cm-fault', { hasText: /^nonsense$/ }).waitFor();  // the place of the error is marked

  await editor(page).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('delete from item;\nselect * from item where id = 7');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByRole('menuitem', { name: 'Run and measure' }).click();
  await page.locator('.plan').getByText('Index Scan using item_pkey on item').waitFor();
  await page.getByText('Changes, if any, were rolled back.').waitFor();
  await run(page, 'select count(*) from item');
  await page.locator('.result tbody').getByText('500', { exact: true }).waitFor(); // the statement at the cursor was explained, and the other was not run
  await shot(page, 'databases-explain');

  await run(page, 'select pg_sleep(3600)');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Cancelled. PostgreSQL was asked to stop.').waitFor();
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /select id, name from item/ }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await becomes(() => editor(page).innerText(), 'select id, name from item order by id');

  assert.equal(await page.getByLabel('Database', { exact: true }).count(), 0, 'there is one database, and nothing to choose');
  await run(page, 'create database billing');
  await page.getByLabel('Database', { exact: true }).selectOption('billing');
  await run(page, 'select current_database()');
  await page.locator('.result tbody').getByText('billing', { exact: true }).waitFor();
  await shot(page, 'databases-console-database');
  await page.getByLabel('Database', { exact: true }).selectOption('postgres');

  // A fork has the data as it is now, and its own life from there on.
  await run(page, 'delete from item where id > 10');
  await page.getByText('DELETE 490').waitFor();
  await choose(page, /^Fork/);
  await page.getByRole('dialog').getByLabel('Name').fill('shop-fork');
  await page.getByRole('dialog').getByRole('button', { name: 'Fork' }).click();
  await page.getByRole('heading', { level: 1, name: 'shop-fork' }).waitFor();
  await run(page, 'select count(*) from item');
  await page.locator('.result tbody').getByText('10', { exact: true }).waitFor();

  await choose(page, /^Reset/);
  await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await run(page, 'select count(*) from item');
  await page.locator('.result tbody').getByText('500', { exact: true }).waitFor();

  await choose(page, /^Drop/);
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
  await page.waitForURL(/\/databases$/);
  await page.getByRole('link', { name: 'shop', exact: true }).waitFor();
  await page.getByRole('link', { name: 'shop-fork' }).waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the list of instances follows what others do, and shows how to connect only when asked', async () => {
  const page = await open_page(browser, server);
  await page.goto('/databases');
  await page.getByRole('heading', { level: 1 }).waitFor();
  const { id } = await api(server, 'POST', '/database_prepares', { steps: [{ arguments: ['-X', '-v', 'ON_ERROR_STOP=1', '-c', 'create table watched (id int)'] }], name: 'watched' });
  const row = page.locator('.instance', { hasText: 'watched' });
  await row.getByText('Ready').waitFor();
  await becomes(async () => (await api(server, 'GET', `/database_prepares/${id}`)).status, 'done');
  const { instance_id } = await api(server, 'GET', `/database_prepares/${id}`);
  assert.ok(!(await page.content()).includes('postgres://'), 'no password stands on the page');
  await row.getByRole('button', { name: 'Connect' }).click();
  await page.getByRole('dialog').getByText(/^postgres:\/\/postgres:.+@/).waitFor();
  await page.keyboard.press('Escape');
  await api(server, 'POST', `/database_instances/${instance_id}/sleep`);
  await row.getByText('Asleep').waitFor();
  await api(server, 'DELETE', `/database_instances/${instance_id}`);
  await row.waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a step that fails shows the file, the line, the statement and what to do; a file that is an input is read', async () => {
  const page = await open_page(browser, server);
  await page.goto('/databases/prepare');
  await page.locator('textarea').fill('select 1;\nselect random();');
  await page.getByLabel('Deterministic').check();
  await page.getByRole('button', { name: 'Prepare', exact: true }).click();
  await page.getByRole('alert').getByText('pasted.sql:2: random()').waitFor();
  await page.getByLabel('Deterministic').uncheck();
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByRole('list', { name: 'What may vary by itself' }).getByText('pasted.sql:2: random()').waitFor();
  await page.locator('textarea').fill('');
  await page.locator('input[type=file]').setInputFiles([
    { name: 'schema.sql', mimeType: 'application/sql', buffer: Buffer.from('create table loaded (id int, name text);\n\\copy loaded from \'rows.csv\' csv\n') },
    { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from('1,one\n2,two\n') },
    { name: 'broken.sql', mimeType: 'application/sql', buffer: Buffer.from('select 1;\n\nselect naem\nfrom loaded;\n') },
  ]);
  await page.locator('.source').nth(2).waitFor();
  await page.getByRole('button', { name: 'Prepare', exact: true }).click();
  const failure = page.locator('.failure');
  await failure.getByRole('alert').getByText('column "naem" does not exist').waitFor();
  assert.match(await failure.innerText(), /step 2 · broken\.sql · line 3/);
  assert.match(await failure.locator('pre').first().innerText(), /select naem/);
  assert.match(await failure.innerText(), /Hint: Perhaps you meant to reference the column "loaded\.name"/);
  await page.locator('.step[data-look=built]').waitFor();
  await page.locator('.step[data-look=failed]').waitFor();
  await shot(page, 'databases-failure');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('states are a tree: named, compared, made into instances, and removed with what comes from them', async () => {
  const page = await open_page(browser, server);
  const step = (sql) => ({ arguments: ['-X', '-v', 'ON_ERROR_STOP=1', '-c', sql] });
  await page.goto('/databases/states');
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const last of ['create table left_leaf (id int)', 'create table right_leaf (id int)']) {
    const { id } = await api(server, 'POST', '/database_prepares', { steps: [step('create table trunk (id int)'), step(last)] });
    await fetch(`${server.url}/api/v1/database_prepares/${id}/events`, { headers: { Accept: 'text/event-stream' } }).then((answer) => answer.text());
    const { instance_id } = await api(server, 'GET', `/database_prepares/${id}`);
    await api(server, 'DELETE', `/database_instances/${instance_id}`);
  }
  await page.reload();
  const row = (text) => page.locator('.state', { hasText: text });
  const act = async (text, action) => {
    await row(text).getByRole('button', { name: /^Actions for state/ }).click();
    await page.getByRole('menuitem', { name: action }).click();
  };
  await row('left_leaf').waitFor();
  await row('trunk').getByRole('button', { name: '2 states come from it' }).click();
  await row('left_leaf').waitFor({ state: 'detached' });
  await row('trunk').getByRole('button', { name: '2 states come from it' }).click();

  await act('left_leaf', /^Name or pin/);
  await page.getByRole('dialog').getByLabel('Ref').fill('tree@left');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await row('left_leaf').getByText('tree@left').waitFor();
  await shot(page, 'databases-states');

  await act('right_leaf', 'Compare');
  await page.waitForURL(/\/compare/);
  const left = await page.getByRole('combobox', { name: 'Left' }).locator('option', { hasText: 'tree@left' }).getAttribute('value');
  await page.getByRole('combobox', { name: 'Left' }).selectOption(left);
  await page.getByRole('region', { name: 'Only on the left' }).getByText('left_leaf').waitFor();
  await page.getByRole('region', { name: 'Only on the right' }).getByText('right_leaf').waitFor();
  await page.getByRole('region', { name: '2 steps in common' }).getByText('trunk').waitFor();
  await page.getByLabel('The rows, too').check();
  await page.getByRole('button', { name: 'Compare the databases' }).click();
  await page.locator('.object', { hasText: 'removed' }).getByText('public.left_leaf').first().waitFor();
  await page.locator('.object', { hasText: 'added' }).getByText('public.right_leaf').first().waitFor();
  await shot(page, 'databases-compare');

  await page.goto('/databases/states');
  await act('trunk', /^Delete/);
  const dialog = page.getByRole('dialog');
  assert.match(await dialog.innerText(), /deletes 3 states/);
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('alert').getByText(/pinned/).waitFor();
  await page.keyboard.press('Escape');
  await act('left_leaf', 'Forget tree@left');
  await row('left_leaf').getByText('tree@left').waitFor({ state: 'detached' });
  await act('trunk', /^Delete/);
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await row('trunk').waitFor({ state: 'detached' });
  await row('right_leaf').waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('what was run from the command line is listed with what it wrote', async () => {
  const page = await open_page(browser, server);
  const { id } = await api(server, 'POST', '/database_prepares', { steps: [{ arguments: ['-X', '-v', 'ON_ERROR_STOP=1', '-c', 'create table ran (id int)'] }], name: 'ran' });
  await fetch(`${server.url}/api/v1/database_prepares/${id}/events`, { headers: { Accept: 'text/event-stream' } }).then((answer) => answer.text());
  await page.goto('/databases/runs');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await server.command('db', 'run', 'psql', '--instance', 'ran', '--', '-At', '-c', "select 'seen by the run'");
  const row = page.locator('.run', { hasText: 'seen by the run' });
  await row.getByText('Done', { exact: true }).waitFor();
  await row.locator('summary').click();
  await row.getByRole('region', { name: 'stdout' }).getByText('seen by the run', { exact: true }).waitFor();
  await shot(page, 'databases-runs');
  await page.goto('/databases/prepares');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await api(server, 'POST', '/database_prepares', { steps: [{ arguments: ['-X', '-v', 'ON_ERROR_STOP=1', '-c', "do $$ begin raise exception 'seen at once'; end $$"] }] });
  await page.getByRole('listitem').filter({ hasText: 'seen at once' }).getByText('Failed', { exact: true }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a prepare is cancelled while a step goes on', async () => {
  const page = await open_page(browser, server);
  await page.goto('/databases/prepare');
  await page.locator('textarea').fill('select pg_sleep(3600);');
  await page.getByRole('button', { name: 'Prepare', exact: true }).click();
  await page.locator('.step[data-look=building]').waitFor();
  await page.getByText('Building', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Cancelled', { exact: true }).waitFor();
  await page.locator('.step[data-look=building]').waitFor({ state: 'detached' });
  await page.goto('/databases/prepares');
  await page.getByRole('listitem').filter({ hasText: 'Cancelled' }).first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the pages speak Russian', async () => {
  const page = await open_page(browser, server, { locale: 'ru-RU', dark: true });
  await page.goto('/databases/prepare');
  await page.getByRole('heading', { level: 1, name: 'Подготовить базу' }).waitFor();
  await page.locator('textarea').fill('create table вещь (номер int); insert into вещь select generate_series(1, 5);');
  await page.getByRole('button', { name: 'Подготовить', exact: true }).click();
  await page.getByText('Готово', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Открыть консоль' }).click();
  await run(page, 'select * from вещь');
  await page.getByText('5 строк', { exact: true }).waitFor();
  await run(page, 'select имя from вещь');
  await page.locator('.cm-fault').waitFor();
  assert.equal(await page.locator('.cm-fault').innerText(), 'имя');
  await page.goto('/databases/cache');
  await page.getByText('Как делаются копии').waitFor();
  await shot(page, 'databases-cache-dark-ru');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
