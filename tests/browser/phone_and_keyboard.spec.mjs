// The journey on a phone, and the journey without a mouse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answers, create_app, open_page, preview_content, say, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Nothing is wider than the screen. */
async function assert_fits(page) {
  const { inner, outer } = await page.evaluate(() => ({ inner: document.documentElement.scrollWidth, outer: window.innerWidth }));
  assert.ok(inner <= outer, `the page is ${inner} px wide on a screen of ${outer}`);
}

test('on a phone, one pane at a time', async () => {
  const page = await open_page(browser, server, { phone: true, dark: true });
  await create_app(page, 'A counter with a big button');
  await wait_for_answers(page, 1);
  await assert_fits(page);
  await shot(page, 'phone-chat');
  const parts = page.getByRole('navigation', { name: 'Parts of the app' });
  await parts.getByRole('button', { name: 'Preview' }).click();
  assert.ok((await preview_content(page)).length > 50);
  await assert_fits(page);
  await shot(page, 'phone-preview');
  for (const name of ['Files', 'Versions', 'Logs']) {
    await parts.getByRole('button', { name }).click();
    await page.getByRole('region', { name }).waitFor();
    await assert_fits(page);
  }
  await parts.getByRole('button', { name: 'Chat' }).click();
  await say(page, 'Make the button blue');
  await wait_for_answers(page, 2);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('without a mouse', async () => {
  const page = await open_page(browser, server);
  await page.goto('/');
  const prompt = page.getByRole('textbox', { name: 'Describe the app' });
  await prompt.waitFor();
  assert.ok(await prompt.evaluate((node) => node === document.activeElement), 'the prompt has the focus');
  await page.getByRole('radio').first().waitFor({ state: 'attached' });
  await page.keyboard.type('A page about rivers');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/apps\//);
  await wait_for_answers(page, 1);

  // Out of the box, then a single key leads back to it.
  await page.locator('[role=log][aria-label=Messages]').focus();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await shot(page, 'shortcuts');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'New message');

  // Tabs by arrows.
  await page.getByRole('tab', { name: 'Preview' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('region', { name: 'Files' }).waitFor();

  // A branch by the keyboard alone.
  await answers(page).first().getByRole('button', { name: 'Branch from here' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/branch=branch_/);
  await page.locator('.branch-button').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Branches' }).waitFor();
  assert.ok(await page.evaluate(() => !!document.activeElement?.closest('dialog')), 'the focus is in the dialog');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.ok(await page.evaluate(() => !!document.activeElement?.closest('.branch-button')), 'the focus is back where it was');

  // The width of the panes.
  const line = page.getByRole('separator', { name: 'Width of the chat' });
  const width = Number(await line.getAttribute('aria-valuenow'));
  await line.focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(Number(await line.getAttribute('aria-valuenow')), width + 2);

  await page.keyboard.press('g');
  await page.keyboard.press('d');
  await page.waitForURL(/\/databases$/);
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL(/\/settings/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
