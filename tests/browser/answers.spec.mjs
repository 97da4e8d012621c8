// Variants, another answer, an edited question, and stopping.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { answers, api, create_app, open_page, say, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

let server, browser, slow;
before(async () => {
  server = await start_server();
  browser = await start_browser();
  slow = await start_slow_model();
});
after(async () => {
  await browser?.close();
  await slow?.stop();
  await server?.stop();
});

/** A model that speaks the OpenAI wire format and never ends, so that it can be stopped; below /refused it takes no key. */
async function start_slow_model() {
  const timers = new Set();
  const http = createServer((request, response) => {
    request.resume();
    if (request.url.startsWith('/refused')) return response.writeHead(401).end();
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    let count = 0;
    const timer = setInterval(() => response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: `word${count++} ` } }] })}\n\n`), 50);
    timers.add(timer);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${http.address().port}`,
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** As if the person had picked it before; frames of previews have a storage of their own. */
const choose_model = (page, model) => page.addInitScript((id) => { if (self === top) localStorage.setItem('ramify.model', id); }, model.id);

test('another answer is another variant, and one can go back', async () => {
  const page = await open_page(browser, server);
  await create_app(page, 'A list of three birds');
  await wait_for_answers(page, 1);
  const answer = answers(page).first();
  await answer.getByRole('button', { name: 'Answer again', exact: true }).click();
  await answer.locator('.variants', { hasText: '2/2' }).waitFor();
  await wait_for_answers(page, 1);
  await answer.getByRole('button', { name: 'Previous variant' }).click();
  await answer.locator('.variants', { hasText: '1/2' }).waitFor();
  await shot(page, 'variants');
  await page.reload();
  await answer.locator('.variants', { hasText: '1/2' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an edited question is answered again; an early one on a new branch', async () => {
  const page = await open_page(browser, server);
  await create_app(page, 'A page about tea');
  await wait_for_answers(page, 1);
  const question = page.locator('article[data-role=user]').first();
  await question.hover();
  await question.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('textbox', { name: 'Edit the message' }).fill('A page about coffee');
  await page.keyboard.press('Control+Enter');
  await answers(page).first().locator('.variants', { hasText: '2/2' }).waitFor();
  await question.getByText('A page about coffee').waitFor();
  await wait_for_answers(page, 1);

  await say(page, 'Add a footer');
  await wait_for_answers(page, 2);
  await say(page, 'Add a header');
  await wait_for_answers(page, 3);
  const early = page.locator('article[data-role=user]').nth(1);
  await early.hover();
  await early.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('textbox', { name: 'Edit the message' }).fill('Add a picture');
  await page.getByRole('button', { name: 'Ask on a new branch' }).click();
  await page.waitForURL(/branch=branch_/);
  await page.locator('article[data-role=user]').nth(1).getByText('Add a picture').waitFor();
  await wait_for_answers(page, 2);
  await answers(page).nth(2).waitFor({ state: 'detached' });
  await page.locator('.branch-button').click();
  await page.locator('dialog').getByText('Main', { exact: true }).click();
  await wait_for_answers(page, 3);
  await shot(page, 'forks');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('stopping keeps what was said', async () => {
  const model = await api(server, 'POST', '/models', { name: 'Endless', provider: 'openai', base_url: `${slow.url}/v1`, model: 'endless', api_key: 'none' });
  const page = await open_page(browser, server);
  await choose_model(page, model);
  await create_app(page, 'Talk for ever');
  await answers(page).first().getByText('word3').waitFor();
  await shot(page, 'streaming');
  await page.getByRole('textbox', { name: 'New message' }).focus();
  await page.keyboard.press('Escape');
  await answers(page).first().getByText('Stopped by you').waitFor();
  await wait_for_answers(page, 1);
  await page.reload();
  await answers(page).first().getByText('word3').waitFor();
  await answers(page).first().getByText('Stopped by you').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an image goes with a message, and one for a model that takes none is told before anything is said', async () => {
  const dot = { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') };
  const model = await api(server, 'POST', '/models', { name: 'Sighted', provider: 'openai', base_url: slow.url, model: 'slow', api_key: 'none' });
  const chat = await api(server, 'POST', '/chats', { title: 'Pictures' });
  const page = await open_page(browser, server);
  await choose_model(page, model);
  await page.goto(`/chats/${chat.id}`);
  const box = page.getByRole('textbox', { name: 'New message' });
  await box.waitFor();
  const attach = async () => {
    await page.locator('input[type=file]').setInputFiles(dot);
    await page.getByRole('button', { name: 'Leave out image 1' }).waitFor();
  };
  await attach();
  await shot(page, 'image-attached');
  await box.press('Enter');
  const shown = page.locator('article[data-role=user] img');
  await shown.waitFor();
  assert.equal(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth)), 1);
  await page.getByRole('button', { name: 'Leave out image 1' }).waitFor({ state: 'detached' });
  await answers(page).first().getByText('word1').waitFor();
  await shot(page, 'image-sent');
  await box.press('Escape');
  await wait_for_answers(page, 1);
  assert.deepEqual(page.faults, []);

  await page.getByRole('button', { name: 'Choose a model' }).click();
  await page.getByRole('menuitem', { name: /demo/i }).last().click();
  await attach();
  await box.fill('What is it?');
  await box.press('Enter');
  await page.getByRole('alert').getByText('takes no images').first().waitFor();
  assert.equal((await api(server, 'GET', `/chats/${chat.id}/messages`)).items.length, 2);
  assert.equal(await box.inputValue(), 'What is it?');
  await page.context().close();
});

test('an answer that fails says why and can be tried again', async () => {
  const model = await api(server, 'POST', '/models', { name: 'Nobody', provider: 'openai', base_url: `${slow.url}/refused`, model: 'nobody', api_key: 'none' });
  const page = await open_page(browser, server);
  await choose_model(page, model);
  await create_app(page, 'Anything');
  const alert = answers(page).first().getByRole('alert');
  await alert.waitFor();
  assert.ok((await alert.innerText()).length > 20);
  await shot(page, 'answer-failed');
  await page.getByRole('button', { name: 'Choose a model' }).click();
  await page.getByRole('menuitem', { name: /demo/i }).last().click();
  await alert.getByRole('button', { name: 'Try again' }).click();
  await answers(page).first().locator('.variants', { hasText: '2/2' }).waitFor();
  await wait_for_answers(page, 1);
  await alert.waitFor({ state: 'detached' });
  await page.context().close();
});
