// Models with a test, tokens, language and theme, jobs, and addresses that lead nowhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { open_page, shot, start_browser, start_server } from './harness.mjs';

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('a model is added, tested, corrected and removed', async () => {
  const page = await open_page(browser, server);
  await page.goto('/settings/models');
  await page.locator('.model').first().waitFor();
  await page.getByRole('button', { name: 'Add a model' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByLabel('Name').fill('Broken');
  await dialog.getByLabel('Model', { exact: true }).fill('none');
  await dialog.getByLabel('Address').fill('http://127.0.0.1:9/v1');
  await dialog.getByLabel('API key').fill('secret-key-value');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const row = page.locator('.model', { hasText: 'Broken' });
  await row.getByRole('button', { name: 'Test' }).click();
  await row.locator('.model-test[data-ok=false]').waitFor();
  await shot(page, 'settings-models');
  assert.ok(!(await page.content()).includes('secret-key-value'), 'a key is never shown again');

  await row.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByLabel('Name').fill('Renamed');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const renamed = page.locator('.model', { hasText: 'Renamed' });
  await renamed.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await renamed.waitFor({ state: 'detached' });

  const demo = page.locator('.model', { hasText: /demo/i }).first();
  await demo.getByRole('button', { name: 'Test' }).click();
  await demo.locator('.model-test[data-ok=true]').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('language and theme are chosen and remembered', async () => {
  const page = await open_page(browser, server);
  await page.goto('/settings/appearance');
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
  await page.getByRole('radio', { name: 'Русский' }).check({ force: true });
  await page.getByRole('heading', { name: 'Вид' }).waitFor();
  await page.goto('/');
  await page.getByRole('heading', { name: 'Что вырастим сегодня?' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
  assert.equal(await page.locator('html').getAttribute('lang'), 'ru');
  await shot(page, 'home-dark-ru');
  await page.context().close();

  const russian = await open_page(browser, server, { locale: 'ru-RU', dark: true });
  await russian.goto('/');
  await russian.getByRole('heading', { name: 'Что вырастим сегодня?' }).waitFor();
  assert.equal(await russian.locator('html').getAttribute('data-theme'), 'dark', 'the system decides until a person does');
  await russian.context().close();
});

test('a token is shown once and can be taken back', async () => {
  const page = await open_page(browser, server);
  await page.goto('/settings/tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByLabel('Name').fill('script');
  await dialog.getByRole('button', { name: 'Create' }).click();
  const token = await dialog.locator('code').innerText();
  assert.match(token, /^rmf_/);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByText('script', { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(token));
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No tokens').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('jobs are listed, and an address that leads nowhere says so', async () => {
  const page = await open_page(browser, server);
  await page.goto('/jobs');
  await page.getByRole('heading', { name: 'Jobs' }).waitFor();
  await shot(page, 'jobs');
  await page.goto('/apps/app_00000000000000000000000000');
  await page.getByRole('heading', { name: 'Nothing grows here' }).waitFor();
  await page.goto('/no/such/page');
  await page.getByRole('heading', { name: 'Nothing grows here' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
