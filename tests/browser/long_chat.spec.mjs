// A chat of 100,000 messages is read like a short one: only what is near the view is on the page, nothing in view moves, and an
// answer is followed only by who is at its end.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { api, open_page, say, shot, start_browser, start_server } from './harness.mjs';

const count = 100_000;
let server, browser, model, chat;
let answer; // of the model, which says a word when it is told to

before(async () => {
  server = await start_server();
  browser = await start_browser();
  model = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const chunk = (delta, finish_reason = null) => response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    answer = {
      say: (content) => chunk({ content }),
      end: () => {
        chunk({}, 'stop');
        response.end('data: [DONE]\n\n');
      },
    };
    answer.say('It begins.\n\n');
  });
  await new Promise((resolve) => model.listen(0, '127.0.0.1', resolve));
  await api(server, 'POST', '/models', { name: 'Slow', provider: 'openai', base_url: `http://127.0.0.1:${model.address().port}/v1`, model: 'slow', api_key: 'none' });
  chat = await api(server, 'POST', '/chats', { title: 'A long chat' });
  // Texts of many heights; odd ones are questions.
  await server.sql(`
    create temp table said as
      select b.organization_id, gen_random_uuid() as id, gen_random_uuid() as variant_id, b.chat_id, b.id as branch_id, b.segment_id, seq,
             case when seq % 2 = 1 then 'Question ' || seq else 'Answer ' || seq || repeat(E'\\n\\nA paragraph that is long enough to be more than one line on a telephone.', (seq * 7 % 11)::int) end as text
      from chats.branch b join chats.chat c on c.organization_id = b.organization_id and c.id = b.chat_id, generate_series(1, ${count}) seq where c.title = 'A long chat';
    insert into chats.message (organization_id, id, chat_id, branch_id, segment_id, seq, role)
      select organization_id, id, chat_id, branch_id, segment_id, seq, case when seq % 2 = 1 then 'user' else 'assistant' end from said;
    insert into chats.variant (organization_id, id, message_id, number, kind, text, is_selected) select organization_id, variant_id, id, 1, 'import', text, true from said;
    update chats.branch b set messages_count = ${count} from said where b.id = said.branch_id;
    analyze chats.message, chats.variant;`);
});
after(async () => {
  await browser?.close();
  model?.closeAllConnections();
  await new Promise((resolve) => model?.close(resolve));
  await server?.stop();
});

/** The message at the top of the view, where it stands, and what the page has to draw. */
const in_view = (page) => page.evaluate(() => {
  const box = document.querySelector('[role=log]');
  const { top } = box.getBoundingClientRect();
  const message = [...box.querySelectorAll('article')].find((node) => node.getBoundingClientRect().bottom > top + 1);
  return { seq: Number(message?.ariaPosInSet), top: message?.getBoundingClientRect().top - top, articles: box.querySelectorAll('article').length, nodes: box.querySelectorAll('*').length,
    is_at_end: box.scrollHeight - box.scrollTop - box.clientHeight < 2 };
});
const article = (page, seq) => page.locator(`article[aria-posinset="${seq}"]`);
/** Scrolls, and waits until what is in view has been drawn. */
async function scroll(page, change) {
  await page.evaluate((by) => new Promise((resolve) => {
    const box = document.querySelector('[role=log]');
    box.scrollTop = typeof by === 'number' ? box.scrollTop + by : box.scrollHeight * by.share;
    requestAnimationFrame(() => requestAnimationFrame(resolve));
  }), change);
  await page.locator('[data-blank]').first().waitFor({ state: 'detached' });
}
const assert_few = ({ articles, nodes }) => assert.ok(articles <= 120 && nodes <= 5000, `${articles} messages of ${nodes} elements are on the page`);

test('one scrolls through a chat of 100,000 messages, and nothing in view moves', async () => {
  const page = await open_page(browser, server);
  await page.goto(`/chats/${chat.id}`);
  await article(page, count).waitFor();
  assert.ok((await in_view(page)).is_at_end);
  for (let step = 0; step < 25; step++) {
    const seen = await in_view(page);
    await scroll(page, -300);
    const moved = await page.evaluate((seq) => document.querySelector(`article[aria-posinset="${seq}"]`).getBoundingClientRect().top - document.querySelector('[role=log]').getBoundingClientRect().top, seen.seq);
    assert.ok(Math.abs(moved - seen.top - 300) <= 2, `a step of 300 px moved the message by ${moved - seen.top}`);
    assert_few(await in_view(page));
  }
  for (const share of [0.5, 0.25, 0.9]) {
    await scroll(page, { share });
    const seen = await in_view(page);
    assert.ok(Math.abs(seen.seq / count - share) < 0.02, `at ${share} of the way stands message ${seen.seq}`);
    assert.match(await article(page, seen.seq).innerText(), new RegExp(`(Question|Answer) ${seen.seq}\\b`));
    assert_few(seen);
  }
  await shot(page, 'long-chat');
  await page.getByRole('log').focus();
  await page.keyboard.press('Home');
  await article(page, 1).getByText('Question 1', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Go to a message' }).click();
  await page.getByRole('spinbutton').fill('31415');
  await page.keyboard.press('Enter');
  await article(page, 31415).getByText('Question 31415').waitFor();
  const { seq } = await in_view(page);
  assert.ok(seq <= 31415 && seq > 31405);
  await page.getByRole('button', { name: 'Go to the newest message' }).click();
  await article(page, count).waitFor();
  assert.ok((await in_view(page)).is_at_end);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an address leads to its message', async () => {
  const { items } = await api(server, 'GET', `/chats/${chat.id}/messages?order=oldest&cursor=77776&limit=1`);
  const page = await open_page(browser, server, { phone: true });
  await page.goto(`/chats/${chat.id}?message=${items[0].id}`);
  await article(page, 77777).waitFor();
  const box = await article(page, 77777).boundingBox();
  assert.ok(box.y > 0 && box.y < 844);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a streaming answer is followed at the end, and only there', async () => {
  const page = await open_page(browser, server);
  await page.goto(`/chats/${chat.id}`);
  await article(page, count).waitFor();
  await say(page, 'And now?');
  await article(page, count + 2).getByText('It begins.').waitFor();
  for (let line = 1; line <= 40; line++) answer.say(`Line ${line}.\n\n`);
  await page.getByText('Line 40.').waitFor();
  assert.ok((await in_view(page)).is_at_end);

  await page.mouse.move(400, 400);
  await page.mouse.wheel(0, -700);
  await page.getByRole('button', { name: 'Go to the newest message' }).waitFor();
  const seen = await in_view(page);
  for (let line = 41; line <= 80; line++) answer.say(`Line ${line}.\n\n`);
  await page.getByText('Line 80.').waitFor();
  const now = await in_view(page);
  assert.deepEqual([now.seq, Math.round(now.top)], [seen.seq, Math.round(seen.top)]);
  await page.getByRole('button', { name: 'Go to the newest message' }).click();
  answer.say('The end.');
  answer.end();
  await page.getByText('The end.').waitFor();
  await page.locator('[role=log][aria-busy=false]').waitFor();
  assert.ok((await in_view(page)).is_at_end);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
