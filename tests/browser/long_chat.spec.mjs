// A long chat is read as one scrolls, and what is in view stays where it is.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { api, open_page, start_browser, start_server } from './harness.mjs';

const questions = 90;
let server, browser, model;
before(async () => {
  server = await start_server();
  browser = await start_browser();
  model = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    response.end(`${chunk({ content: 'A paragraph.\n\nAnd another one, which is longer. '.repeat(6) })}${chunk({}, 'stop')}data: [DONE]\n\n`);
  });
  await new Promise((resolve) => model.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  await browser?.close();
  await new Promise((resolve) => model?.close(resolve));
  await server?.stop();
});

/** Says something and follows the answer to its end. */
async function ask(chat_id, message) {
  const response = await fetch(`${server.url}/api/v1/chats/${chat_id}/messages`, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' }, body: JSON.stringify(message) });
  let seen = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (seen.includes('event: generation.done')) return;
  }
  throw new Error(`the answer did not end:\n${seen}`);
}

/** The message at the top of the view, and where it stands. */
const in_view = (page) => page.evaluate(() => {
  const box = document.querySelector('[role=log]');
  const { top } = box.getBoundingClientRect();
  const message = [...box.querySelectorAll('article')].find((node) => node.getBoundingClientRect().bottom > top + 40);
  return { id: message.id, top: message.getBoundingClientRect().top, count: box.querySelectorAll('article').length };
});

test('older messages come as one scrolls up, and nothing in view moves', async () => {
  const made = await api(server, 'POST', '/models', { name: 'Short', provider: 'openai', base_url: `http://127.0.0.1:${model.address().port}/v1`, model: 'short', api_key: 'none' });
  const chat = await api(server, 'POST', '/chats', { title: 'A long chat' });
  for (let number = 1; number <= questions; number++) {
    await ask(chat.id, { text: `Question ${number}`, model: made.id });
  }
  const page = await open_page(browser, server);
  await page.goto(`/chats/${chat.id}`);
  await page.getByText(`Question ${questions}`, { exact: true }).waitFor();
  const messages = page.locator('article');
  assert.ok((await messages.count()) < questions * 2, 'only the end of the chat was read');

  const scroll = (change) => page.evaluate((by) => new Promise((resolve) => {
    const box = document.querySelector('[role=log]');
    box.scrollTop = by === null ? 0 : box.scrollTop + by;
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  }), change);
  for (let last = await messages.count(); last < questions * 2;) {
    const seen = await in_view(page);
    await scroll(-400);
    const now = await page.evaluate((id) => document.getElementById(id).getBoundingClientRect().top, seen.id);
    assert.ok(now - seen.top <= 401 && now - seen.top >= -1, `a step of 400 px moved the message by ${now - seen.top}`);
    last = await messages.count();
  }
  await scroll(null);
  await page.getByText('Question 1', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Go to the newest message' }).click();
  await page.getByText(`Question ${questions}`, { exact: true }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
