// An app with a database: what is typed into one branch's preview is in that branch's PostgreSQL; a branch forks it, a
// restored version brings its schema and data back, and a deleted branch leaves none behind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answers, api, becomes, create_app, open_page, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

/** The first installation asks the registry for every package. */
const install_ms_max = 300_000;

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function until_ready(page) {
  await page.locator('.preview-status[data-status=ready], .preview-status[data-status=failed]').waitFor({ timeout: install_ms_max });
  assert.equal(await page.locator('.preview-status').getAttribute('data-status'), 'ready', (await page.getByRole('alert').allInnerTexts()).join('\n'));
  await page.locator('.database-status[data-status=ready]').waitFor();
}

const frame_of = (page) => page.frameLocator('iframe');
const note = (page, text) => frame_of(page).getByRole('listitem').filter({ hasText: text });

async function add_note(page, text) {
  await frame_of(page).getByRole('textbox', { name: 'A new note' }).fill(text);
  await frame_of(page).getByRole('button', { name: 'Add' }).click();
  await note(page, text).waitFor();
}

async function restore(page, button) {
  await page.getByRole('tab', { name: 'Versions' }).click();
  await button(page.getByRole('region', { name: 'Versions' }).getByRole('button', { name: 'Restore' })).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Preview' }).click();
}

/** The columns of the branch's table of notes. */
async function columns(branch_id) {
  const sql = "select column_name from information_schema.columns where table_name = 'note' order by ordinal_position";
  const { results } = await api(server, 'POST', `/database_instances/${branch_id}/query`, { sql });
  return results[0].rows.flat();
}

test('each branch of an app has its own database', async () => {
  const page = await open_page(browser, server);
  const app_id = await create_app(page, 'Notes that can be ticked off', { template: 'react-vite-postgres' });
  await wait_for_answers(page, 1);
  await until_ready(page);
  const { branch_id: main } = await api(server, 'GET', `/apps/${app_id}`);
  await add_note(page, 'Milk');
  await note(page, 'Milk').getByRole('checkbox').click();
  await note(page, 'Milk').getByRole('checkbox', { checked: true }).waitFor();
  await becomes(() => columns(main), ['id', 'text', 'created_at', 'done'], "the demo's migration");
  await shot(page, 'database-main');

  await answers(page).first().getByRole('button', { name: 'Branch from here' }).click();
  await page.waitForURL(/branch=branch_/);
  const branch = /branch=(branch_\w+)/.exec(page.url())[1];
  await until_ready(page);
  await note(page, 'Milk').getByRole('checkbox', { checked: true }).waitFor();
  await add_note(page, 'Bread');
  await shot(page, 'database-branch');

  await page.goto(`/apps/${app_id}?branch=${main}`);
  await until_ready(page);
  await note(page, 'Milk').waitFor();
  assert.equal(await note(page, 'Bread').count(), 0, 'what was typed into the branch is not here');

  // A program may print its environment; its log has no password.
  const printing = 'console.log(process.env.DATABASE_URL);\nexport const note_columns: string[] = ["text", "done"];\n';
  await api(server, 'PUT', `/apps/${app_id}/files`, { path: 'server/columns.ts', content: printing, branch_id: main });
  await becomes(async () => (await api(server, 'GET', `/apps/${app_id}/databases`)).items.find((database) => database.branch_id === main).status, 'ready');
  await page.reload();
  await note(page, 'Milk').waitFor();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('log').getByText('postgres://postgres:***@localhost/').first().waitFor();

  await restore(page, (buttons) => buttons.last());
  await frame_of(page).getByRole('heading', { name: 'Your app begins here' }).waitFor();
  await becomes(() => columns(main), ['id', 'text', 'created_at']);
  await frame_of(page).getByText('There are no notes yet.').waitFor();
  await shot(page, 'database-restored');
  await restore(page, (buttons) => buttons.nth(1));
  await becomes(() => columns(main), ['id', 'text', 'created_at', 'done']);
  await note(page, 'Milk').getByRole('checkbox', { checked: true }).waitFor();

  await page.locator('.branch-button').click();
  await page.getByRole('dialog', { name: 'Branches' }).getByRole('button', { name: /^Actions for/ }).last().click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').last().getByRole('button', { name: 'Delete' }).click();
  const names = async () => (await api(server, 'GET', '/database_instances')).items.map((instance) => instance.name);
  await becomes(names, [main]);
  assert.ok(branch !== main);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
