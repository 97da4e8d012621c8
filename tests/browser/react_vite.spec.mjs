// An app of the template react-vite: its packages are installed, its dev server runs in the sandbox, and a change reaches
// the page that is open without a reload.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, create_app, open_page, say, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

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

test('a react app is installed, runs, and takes changes while it runs', async () => {
  const page = await open_page(browser, server);
  const app_id = await create_app(page, 'A counter called "Sheep"', { template: 'react-vite' });
  await wait_for_answers(page, 1);
  await shot(page, 'react-installing');
  await page.locator('.preview-status[data-status=ready], .preview-status[data-status=failed]').waitFor({ timeout: install_ms_max });
  assert.equal(await page.locator('.preview-status').getAttribute('data-status'), 'ready', (await page.getByRole('alert').allInnerTexts()).join('\n'));
  const app = page.frameLocator('iframe');
  await app.getByRole('heading', { name: 'Sheep' }).waitFor();
  await app.locator('body').evaluate(() => { window.was_here = true; });

  await say(page, 'Call it "Goats"');
  await wait_for_answers(page, 2);
  await app.getByRole('heading', { name: 'Goats' }).waitFor();
  assert.equal(await app.locator('body').evaluate(() => window.was_here), true, 'the change came by hot replacement: the page was not loaded again');
  await shot(page, 'react-changed');

  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('log').getByText(/VITE|ready in/).first().waitFor();
  const { items } = await api(server, 'GET', `/apps/${app_id}/versions`);
  assert.equal(items.length, 3, 'the template and two answers');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
