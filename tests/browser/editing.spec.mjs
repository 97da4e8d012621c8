// A file is changed by hand: saved as a version, kept while it is not saved, and compared when somebody else was faster.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, changed_preview, create_app, open_page, preview_content, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens a file of the app in the files view, ready to be typed into at its beginning. */
async function open_file(page, path) {
  await page.getByRole('tab', { name: /Files/ }).click();
  await tree(page).getByRole('button', { name: path }).click();
  await page.getByRole('textbox', { name: path }).click();
  await page.keyboard.press('Control+Home');
}

const tree = (page) => page.getByRole('navigation', { name: 'Tree of files' });

const file_text = async (app_id, path) => (await fetch(`${server.url}/api/v1/apps/${app_id}/files/${path}`)).text();

test('an edit becomes a version that the preview shows', async () => {
  const page = await open_page(browser, server);
  const app_id = await create_app(page, 'A counter with a big button');
  await wait_for_answers(page, 1);
  await open_file(page, 'style.css');
  await page.keyboard.type('/* by hand */\n');
  await page.getByText('not saved', { exact: true }).waitFor();

  // Neither another file, nor another tab, nor another page loses it.
  await open_file(page, 'index.html');
  await page.getByRole('tab', { name: /Preview/ }).click();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.waitForURL(/settings/);
  await page.goBack();
  await open_file(page, 'style.css');
  await page.getByText('/* by hand */').waitFor();

  // The browser asks before it leaves the page with it.
  const asked = new Promise((resolve) => page.once('dialog', (dialog) => dialog.dismiss().then(() => resolve(dialog.type()))));
  await page.evaluate(() => location.reload());
  assert.equal(await asked, 'beforeunload');
  await page.getByText('/* by hand */').waitFor();

  const { items: before_saving } = await api(server, 'GET', `/apps/${app_id}/versions`);
  await page.getByRole('textbox', { name: 'style.css' }).click();
  await page.keyboard.press('Control+s');
  await page.getByText(`Saved as v${before_saving[0].number + 1}.`).waitFor();
  await page.getByText('not saved', { exact: true }).waitFor({ state: 'detached' });
  assert.match(await file_text(app_id, 'style.css'), /^\/\* by hand \*\/\n/);
  await shot(page, 'file-edited');

  await page.getByRole('checkbox', { name: 'Changes' }).check();
  await page.locator('.cm-changedLine').filter({ hasText: 'by hand' }).waitFor();
  await page.getByRole('tab', { name: 'Preview' }).click();
  for (let seen = await preview_content(page); !seen.includes('by hand');) seen = await changed_preview(page, seen);
  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByText('Edited style.css').waitFor();
  await page.getByText('by you').first().waitFor();

  // What a restore changes is shown before it is done.
  await page.getByRole('region', { name: 'Versions' }).getByRole('button', { name: 'Restore' }).nth(1).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('by hand').waitFor();
  await shot(page, 'version-restore');
  await dialog.getByRole('button', { name: 'Restore' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.doesNotMatch(await file_text(app_id, 'style.css'), /by hand/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a new file is made, and a change can be discarded', async () => {
  const page = await open_page(browser, server);
  const app_id = await create_app(page, 'A page about stones');
  await wait_for_answers(page, 1);
  await page.getByRole('tab', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'New file' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Path').fill('index.html');
  await dialog.getByText('There is such a file already.').waitFor();
  await dialog.getByLabel('Path').fill('notes/plan.md');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'notes/plan.md' }).click();
  await page.keyboard.type('# The plan');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('not saved', { exact: true }).waitFor({ state: 'detached' });
  assert.equal(await file_text(app_id, 'notes/plan.md'), '# The plan');

  await page.keyboard.type('x');
  await page.getByRole('textbox', { name: 'notes/plan.md' }).click();
  await page.keyboard.type('nothing worth keeping ');
  await page.getByRole('button', { name: 'Discard' }).click();
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await page.getByText('nothing worth keeping').waitFor({ state: 'detached' });
  await page.getByText('not saved', { exact: true }).waitFor({ state: 'detached' });
  assert.equal(await file_text(app_id, 'notes/plan.md'), '# The plan');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a change that came between is compared, and replaced only when that is wanted', async () => {
  const page = await open_page(browser, server);
  const app_id = await create_app(page, 'A page about rain');
  await wait_for_answers(page, 1);
  await open_file(page, 'index.html');
  await page.keyboard.type('<!-- mine -->\n');
  const theirs = (await file_text(app_id, 'index.html')).replace('</body>', '<!-- theirs --></body>');
  await api(server, 'PUT', `/apps/${app_id}/files`, { path: 'index.html', content: theirs });
  await page.getByRole('alert').filter({ hasText: 'The branch has another text in this file' }).waitFor();
  await shot(page, 'file-conflict');
  assert.equal(await file_text(app_id, 'index.html'), theirs);

  // Take back the part that would remove theirs; what is left is both.
  await page.locator('.cm-deletedChunk').filter({ hasText: 'theirs' }).getByRole('button', { name: 'Reject' }).click();
  await page.getByRole('button', { name: 'Save over it' }).click();
  await page.getByText(/Saved as v/).waitFor();
  assert.equal(await file_text(app_id, 'index.html'), `<!-- mine -->\n${theirs}`);
  await page.getByRole('alert').filter({ hasText: 'another text' }).waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
