// A new server is set up from the link that it prints; after that one signs in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create_app, open_page, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

let server, browser;
before(async () => {
  server = await start_server({ insecure: false });
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const email = 'ada@example.org';
const password = 'correct horse battery';

test('set up, sign out, sign in', async () => {
  const [, token] = await server.printed(/\/setup\?token=([\w.-]+)/);
  const page = await open_page(browser, server);
  await page.goto('/');
  await page.getByRole('heading', { name: 'Set up Ramify' }).waitFor();

  await page.goto('/setup?token=wrong');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('alert').waitFor();

  await page.goto(`/setup?token=${token}`);
  await shot(page, 'setup');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('heading', { name: 'What should grow today?' }).waitFor();
  const app_id = await create_app(page, 'A page of mine');
  await wait_for_answers(page, 1);

  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(`/apps/${app_id}`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await shot(page, 'sign-in');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(new RegExp(`/apps/${app_id}`));
  await wait_for_answers(page, 1);

  // What a session of a cookie sends has its CSRF token, the content of files too.
  await page.goto('/databases/prepare');
  await page.locator('textarea').fill('create table mine (id int);');
  await page.getByRole('button', { name: 'Prepare', exact: true }).click();
  await page.getByRole('button', { name: 'Open the console' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
