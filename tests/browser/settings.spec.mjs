// Models and policies, tokens, language and theme, jobs, and addresses that lead nowhere.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { answers, api, becomes, open_page, say, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Speaks OpenAI's wire format: below /near it answers, below /away it refuses every key. */
async function start_models() {
  const asked = [];
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    if (request.url.startsWith('/away')) return response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"error":{"message":"no such key"}}');
    if (request.method === 'GET') return response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"data":[{"id":"near-1"},{"id":"near-2"}]}');
    asked.push(JSON.parse(body));
    const chunk = (choices, more = {}) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices, ...more })}\n\n`;
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end(`${chunk([{ index: 0, delta: { content: 'Here I am.' }, finish_reason: 'stop' }])}${chunk([], { usage: { prompt_tokens: 1000, completion_tokens: 500_000 } })}data: [DONE]\n\n`);
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  };
  return { url: `http://127.0.0.1:${http.address().port}`, asked, stop };
}

test('models are added with prices and patience, a policy puts them in order, and in a chat the second answers for the first', async (t) => {
  const models = await start_models();
  t.after(models.stop);
  const page = await open_page(browser, server);
  const field = (name) => page.getByLabel(name, { exact: true });
  const save = () => page.getByRole('button', { name: 'Save', exact: true }).click();
  const row = (name) => page.locator('.model', { hasText: name });
  await page.goto('/settings/models');
  await page.getByRole('button', { name: 'Add a model' }).click();
  await field('Name').fill('Away');
  await field('Model').fill('away');
  await field('Address').fill(`${models.url}/away`);
  await field('API key').fill('secret-key-value');
  await save();
  await row('Away').getByRole('button', { name: 'Test Away' }).click();
  await row('Away').locator('.model-test[data-ok=false]').waitFor();
  assert.ok(!(await page.content()).includes('secret-key-value'), 'a key is never shown again');
  const demo = row('demo');
  await demo.getByRole('button', { name: /^Test/ }).click();
  await demo.locator('.model-test[data-ok=true]').waitFor();

  // Errors stand at their field, and nothing that was typed is lost by them.
  await page.getByRole('button', { name: 'Add a model' }).click();
  await field('Name').fill('Away');
  await field('Model').fill('near-1');
  await field('Address').fill(`${models.url}/near/v1`);
  await field('Of an answer').fill('2');
  await field('Until the first token').fill('90.5');
  await save();
  await page.getByText('A model is called "Away" already; choose another name').waitFor();
  await becomes(() => page.evaluate(() => document.activeElement.value), 'Away', 'what has the focus:');
  await field('Name').fill('Near');
  await save();
  await row('Near').getByRole('link', { name: 'Near' }).click();
  assert.equal(await field('Until the first token').inputValue(), '90.5');
  await page.getByRole('button', { name: 'Which does it serve?' }).click();
  await page.getByText('It serves 2 models').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await row('Away').getByRole('link', { name: 'Away' }).click();
  await field('Address').fill(models.url);
  await save();
  await page.getByText(/^Must be given again when base_url changes/).waitFor();
  assert.equal(await field('API key').getAttribute('aria-invalid'), 'true');
  await shot(page, 'model-fault');
  const { items } = await api(server, 'GET', '/models');
  const near = items.find((model) => model.name === 'Near');
  assert.deepEqual([near.first_token_timeout_ms, near.connect_timeout_ms, near.tokens_out_usd], [90_500, 10_000, 2]);

  // Two policies: models are put in order by the keyboard, policies by the pointer.
  const make_policy = async (name, ...chosen) => {
    await page.goto('/settings/policies');
    await page.getByRole('button', { name: 'New policy' }).click();
    await field('Name').fill(name);
    for (const model of chosen) await field('Add a model').selectOption({ label: model });
  };
  await make_policy('Demonstration', 'demo');
  await field('Data of the chat').selectOption({ label: 'Open data' });
  await save();
  await page.locator('.policy', { hasText: 'Demonstration' }).waitFor();
  await make_policy('Answers', 'Near', 'Away');
  await page.getByRole('button', { name: /^Move Away/ }).press('ArrowUp');
  await page.getByRole('button', { name: /^Move Away, now 1 of 2/ }).waitFor();
  await save();
  await page.locator('.policy', { hasText: 'Away then Near' }).waitFor();
  const who = page.locator('.who');
  await who.getByText('By the policy “Answers”.').waitFor();
  await field('Data of the chat').selectOption({ label: 'Open data' });
  await who.getByText('By the policy “Demonstration”.').waitFor();
  const grip = page.getByRole('button', { name: /^Move Demonstration/ });
  await grip.hover();
  await page.mouse.down();
  const last = await page.locator('.sortable').last().boundingBox();
  await page.mouse.move(last.x + 20, last.y + last.height - 2, { steps: 3 });
  await page.mouse.up();
  await page.getByRole('button', { name: /^Move Demonstration, now 2 of 2/ }).waitFor();
  await who.getByText('By the policy “Answers”.').waitFor();
  await page.locator('ol[aria-busy=false]').waitFor();
  await shot(page, 'policies');
  await page.reload();
  await page.getByRole('button', { name: /^Move Demonstration, now 2 of 2/ }).waitFor();
  await page.getByRole('link', { name: 'Answers' }).click();
  await field('An answer may cost, in US dollars').fill('5');
  await save();
  await page.getByText('up to $5 an answer').waitFor();

  const chat = await api(server, 'POST', '/chats', { title: 'Who is there' });
  await page.goto(`/chats/${chat.id}`);
  await page.getByRole('button', { name: 'Choose a model: As the policies say' }).waitFor();
  await page.getByRole('button', { name: 'How the model answers' }).click();
  await page.getByText('Away would answer.').waitFor();
  await field('Temperature').fill('0.5');
  await field('JSON Schema of the answer').fill('{');
  await save();
  await page.getByText(/^This is not a JSON object/).waitFor();
  await field('JSON Schema of the answer').fill('');
  await shot(page, 'answer-setting');
  await save();
  await say(page, 'Who is there?');
  await wait_for_answers(page, 1);
  await answers(page).first().getByText('Here I am.').waitFor();
  assert.equal(models.asked.at(-1).temperature, 0.5);
  await answers(page).first().getByRole('button', { name: /token/ }).click();
  const figures = page.getByRole('dialog', { name: 'About this answer' });
  await figures.getByText('near-1').waitFor();
  await figures.getByText('$1', { exact: true }).waitFor();
  await figures.getByRole('region', { name: 'Asked before, and passed over' }).getByText(/^The key of the model "Away" was refused/).waitFor();
  assert.deepEqual(page.faults, []);

  await page.goto('/settings/models');
  await row('Near').getByRole('button', { name: 'Delete Near' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await row('Near').waitFor({ state: 'detached' });
  await becomes(async () => (await api(server, 'GET', '/models')).items.map((model) => model.name).sort(), ['Away', 'demo']);
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

test('a service account says whose jobs may sign in as it, and a rule for everybody is refused', async () => {
  const page = await open_page(browser, server);
  const dialog = page.locator('dialog');
  await page.goto('/settings/service_accounts');
  await page.getByText('No service accounts').waitFor();
  await page.getByRole('button', { name: 'New account' }).click();
  await dialog.getByLabel('Name').fill('ci');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('button', { name: 'Add a rule to ci' }).click();
  assert.equal(await dialog.getByLabel('Audience').inputValue(), new URL(page.url()).origin);
  await dialog.getByLabel('Claims, one a line').fill('ref: refs/heads/*');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.getByText('whose jobs may come').first().waitFor();
  await shot(page, 'trust-rule');
  await dialog.getByLabel('Claims, one a line').fill('repository: acme/shop\nref: refs/heads/*');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByText('repository: acme/shop · ref: refs/heads/*').waitFor();
  await page.getByText('May: databases.read, databases.write').waitFor();
  await shot(page, 'service-accounts');
  for (const [name, options] of [['ru-dark', { locale: 'ru-RU', dark: true }], ['phone', { phone: true }]]) {
    const other = await open_page(browser, server, options);
    await other.goto('/settings/service_accounts');
    await other.locator('.service-account li').waitFor();
    await shot(other, `service-accounts-${name}`);
    await other.context().close();
  }
  await page.getByRole('button', { name: 'Delete ci' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No service accounts').waitFor();
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
