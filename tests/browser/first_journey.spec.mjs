// A sentence becomes a running app; a change is asked for; a branch from the first message runs beside it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answers, api, becomes, changed_preview, create_app, open_page, preview_content, say, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('a sentence becomes a running, versioned app', async () => {
  const page = await open_page(browser, server);
  const app_id = await create_app(page, 'A counter with a big button');
  await wait_for_answers(page, 1);
  await page.locator('.change-card').first().waitFor();
  await page.locator('.preview-status[data-status=ready]').waitFor();
  let first = await preview_content(page);
  while (first.includes('Your site begins here')) first = await changed_preview(page, first);  // the template's page
  assert.ok(first.length > 50, 'the preview shows the app');
  await shot(page, 'app-desktop-light');

  await page.locator('.change-card button[aria-expanded]').first().click();
  await page.locator('.change-card pre').first().waitFor();

  await say(page, 'Make the button green');
  await wait_for_answers(page, 2);
  await changed_preview(page, first);
  await shot(page, 'app-changed');

  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByRole('button', { name: 'Show the difference' }).first().waitFor();
  const versions = await api(server, 'GET', `/apps/${app_id}/versions`);
  assert.ok(versions.items.length >= 3, 'the template and two answers made versions');
  await page.locator('section[aria-label=Versions]').getByRole('button', { name: 'Show the difference' }).first().click();
  await page.locator('dialog details').first().waitFor();
  await shot(page, 'version-diff');
  await page.keyboard.press('Escape');

  await page.getByRole('tab', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'index.html', exact: true }).click();
  await page.locator('.cm-content').waitFor();
  await shot(page, 'files');
  await page.getByRole('tab', { name: 'Preview' }).click();

  await answers(page).first().hover();
  await answers(page).first().getByRole('button', { name: 'Branch from here' }).click();
  await page.waitForURL(/branch=branch_/);
  await wait_for_answers(page, 1);
  await answers(page).nth(1).waitFor({ state: 'detached' });  // the history up to its fork
  await page.locator('.preview-status[data-status=ready]').waitFor();
  await becomes(() => preview_content(page).catch(() => ''), first, 'the branch runs the app as it was then:');

  await say(page, 'Make the button red instead');
  await wait_for_answers(page, 2);
  await page.getByRole('button', { name: 'Side by side' }).click();
  await page.waitForURL(/compare/);
  await page.locator('iframe').nth(1).waitFor();
  const left = await preview_content(page, page.locator('[data-side=left] iframe'));
  const right = await preview_content(page, page.locator('[data-side=right] iframe'));
  assert.notEqual(left, right, 'two branches are two running apps');
  await shot(page, 'side-by-side');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the chat is the same after a reload, and in a second tab at once', async () => {
  const page = await open_page(browser, server);
  const app_id = await create_app(page, 'A page with three cards');
  const other = await open_page(browser, server);
  await other.goto(`/apps/${app_id}`);
  await wait_for_answers(page, 1);
  await wait_for_answers(other, 1);
  const text = await answers(page).innerText();
  assert.equal(await answers(other).innerText(), text);
  await page.getByRole('textbox', { name: 'New message' }).fill('half a thought');
  await page.reload();
  await wait_for_answers(page, 1);
  assert.equal(await answers(page).innerText(), text);
  assert.equal(await page.getByRole('textbox', { name: 'New message' }).inputValue(), 'half a thought', 'a draft is never lost');
  assert.deepEqual([...page.faults, ...other.faults], []);
  await page.context().close();
  await other.context().close();
});
