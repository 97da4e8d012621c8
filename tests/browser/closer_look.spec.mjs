// A closer look at a conversation: what the model is sent, what an answer took, its variants by key and by finger, an edit that is
// not lost, diagrams, two branches side by side, what is asked without a message, and what can be done with the whole chat.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
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

const story = 'A poem:\n\n```mermaid\ngraph TD\n  Seed-->Stem\n  Stem-->Leaf\n```\n\n| plant | height |\n|---|---|\n| moss | 2 cm |\n\n```js\nconst tall = true;\n```';

/** A chat with two answers, of which the first has three texts. */
async function make_chat(title) {
  const chat = await api(server, 'POST', '/chats', { title });
  const page = await open_page(browser, server);
  await page.goto(`/chats/${chat.id}`);
  await say(page, 'Tell me about plants');
  await wait_for_answers(page, 1);
  const { items } = await api(server, 'GET', `/chats/${chat.id}/messages`);
  await api(server, 'PATCH', `/messages/${items[1].id}`, { text: 'A second text' });
  await api(server, 'PATCH', `/messages/${items[1].id}`, { text: story });
  return { chat, page, items };
}

test('what the model is sent, and what an answer took', async () => {
  const { chat, page } = await make_chat('Plants');
  const book = await api(server, 'POST', '/lorebooks', { name: 'Garden' });
  await api(server, 'PUT', `/lorebooks/${book.id}/entries`, { uid: 1, comment: 'Moss', keys: ['moss'], content: 'Moss is soft.' });
  await api(server, 'PUT', `/lorebooks/${book.id}/entries`, { uid: 2, comment: 'Stones', keys: ['stone'], content: 'Stones are hard.' });
  await api(server, 'POST', `/lorebooks/${book.id}/bindings`, { scope: 'chat', scope_id: chat.id });
  await page.getByRole('textbox', { name: 'New message' }).fill('What of moss?');
  await page.getByRole('button', { name: 'What the model is sent (I)' }).click();
  const dialog = page.getByRole('dialog', { name: 'What the model is sent' });
  await dialog.getByText('What of moss?').last().waitFor();
  await dialog.getByText('Nothing of the history is left out.').waitFor();
  await dialog.getByText('its keys were found').waitFor();
  await dialog.getByText('1 entry is not').click();
  await dialog.getByText('no key was found').waitFor();
  await shot(page, 'inspector');
  await page.keyboard.press('Escape');
  await answers(page).first().hover();
  await answers(page).first().getByRole('button', { name: 'Previous variant' }).click();
  await answers(page).first().getByText('A second text').waitFor();
  await answers(page).first().getByRole('button', { name: 'Previous variant' }).click();
  await answers(page).first().getByRole('button', { name: /token/ }).click();
  await page.getByRole('dialog', { name: 'About this answer' }).getByText('Tokens of the prompt').waitFor();
  await shot(page, 'figures');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('variants by key and by finger, a diagram, and an edit that is not lost', async () => {
  const { chat, page } = await make_chat('Drawings');
  const answer = answers(page).first();
  const picture = answer.locator('img[alt^=Diagram]');
  await picture.waitFor();
  assert.ok(await picture.evaluate((image) => image.decode().then(() => image.naturalHeight > 1.5 * image.naturalWidth)), 'three boxes are drawn, one below the other');
  await shot(page, 'diagram');
  await page.getByRole('log').focus();
  await page.keyboard.press('ArrowLeft');
  await answer.getByText('A second text').waitFor();

  await page.locator('article[data-role=user]').hover();
  await page.locator('article[data-role=user]').getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByRole('textbox', { name: 'Edit the message' }).fill('Tell me about trees');
  await page.reload();
  await becomes(() => page.getByRole('textbox', { name: 'Edit the message' }).inputValue(), 'Tell me about trees');
  await shot(page, 'edit');
  await page.getByLabel('Replace the text, keep no variant').check();
  await page.getByRole('button', { name: 'Save only' }).click();
  await page.getByRole('textbox', { name: 'Edit the message' }).waitFor({ state: 'detached' });
  await page.locator('article[data-role=user]').getByText('Tell me about trees').waitFor();
  const { items } = await api(server, 'GET', `/chats/${chat.id}/messages`);
  assert.deepEqual([items[0].text, items[0].variants_count], ['Tell me about trees', 1]);
  assert.deepEqual(page.faults, []);
  await page.context().close();

  const phone = await open_page(browser, server, { phone: true, dark: true });
  await phone.setViewportSize({ width: 360, height: 740 });
  await phone.goto(`/chats/${chat.id}`);
  const touched = answers(phone).first();
  await touched.getByText('A second text').waitFor();
  await touched.evaluate((node) => {
    const touch = (x) => new Touch({ identifier: 1, target: node, clientX: x, clientY: 300 });
    node.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: [touch(300)], changedTouches: [touch(300)] }));
    node.dispatchEvent(new TouchEvent('touchend', { bubbles: true, touches: [], changedTouches: [touch(120)] }));
  });
  await touched.locator('img[alt^=Diagram]').waitFor();
  const width = await phone.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `the page is ${width} px wide`);
  await shot(phone, 'diagram-phone');
  await phone.getByRole('button', { name: 'What the model is sent (I)' }).click();
  await phone.getByRole('dialog').getByText('History').first().waitFor();
  await shot(phone, 'inspector-phone');
  assert.deepEqual(phone.faults, []);
  await phone.context().close();
});

test('two branches side by side, and the chat as a whole', async () => {
  const { chat, page, items } = await make_chat('Two ways');
  await api(server, 'POST', `/chats/${chat.id}/branches`, { from_message_id: items[1].id, title: 'Another way' });
  await page.getByRole('button', { name: 'Actions for this chat' }).click();
  await page.getByRole('menuitem', { name: 'Side by side' }).click();
  await page.getByRole('region', { name: 'Another way', exact: true }).getByRole('textbox', { name: 'New message' }).fill('Only here');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Another way', exact: true }).locator('article').nth(3).waitFor();
  assert.equal(await page.getByRole('region', { name: 'Main', exact: true }).locator('article').count(), 2);
  await wait_for_answers(page, 1);
  await shot(page, 'chat-compare');
  await page.goto(`/chats/${chat.id}`);
  await page.getByRole('button', { name: 'Actions for this chat' }).click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await page.getByText('Archived: the chat is kept').waitFor();
  assert.equal((await api(server, 'GET', `/chats/${chat.id}`)).status, 'archived');
  await page.getByRole('button', { name: 'Bring back' }).click();
  await page.getByText('Archived: the chat is kept').waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Actions for this chat' }).click();
  await page.getByRole('menuitem', { name: 'Variables' }).click();
  const vars = page.getByRole('dialog', { name: 'Variables' });
  await vars.getByText('There are none yet.').waitFor();
  await vars.getByRole('button', { name: 'Add a variable' }).click();
  await vars.getByLabel('Name').fill('mood');
  await vars.getByLabel('Value of mood').fill('calm');
  await vars.getByText('{{ vars.mood }}').waitFor();
  await vars.getByRole('button', { name: 'Add a variable' }).click();
  await vars.getByLabel('Name').last().fill('count');
  await vars.getByLabel('Kind of count').selectOption({ label: 'Number' });
  await vars.getByLabel('Value of count').fill('three');
  await vars.getByText('count must be a number.').waitFor();
  assert.equal(await vars.getByRole('button', { name: 'Save' }).isDisabled(), true);
  await shot(page, 'chat-vars');
  await vars.getByLabel('Value of count').fill('3');
  // What somebody else changed meanwhile is not overwritten unasked.
  await api(server, 'PATCH', `/chats/${chat.id}`, { vars: { theirs: true } });
  await vars.getByRole('button', { name: 'Save', exact: true }).click();
  await vars.getByText('They were changed elsewhere meanwhile.').waitFor();
  await vars.getByRole('button', { name: 'Save mine instead' }).click();
  await vars.waitFor({ state: 'detached' });
  assert.deepEqual((await api(server, 'GET', `/chats/${chat.id}`)).vars, { mood: 'calm', count: 3 });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('words are found in any chat, and lead to their message', async () => {
  const { page, items } = await make_chat('Found');
  await api(server, 'PATCH', `/messages/${items[0].id}`, { text: 'Does the quicksilver lichen grow on slate?' });
  await page.goto('/');
  await page.getByRole('button', { name: 'Search in all chats' }).waitFor();
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Search in all chats' });
  await dialog.getByRole('combobox').fill('quicksilver');
  await dialog.getByRole('option').filter({ hasText: 'lichen grow' }).locator('mark').first().waitFor();
  await shot(page, 'search');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`message=${items[0].id}`));
  await page.locator('article').getByText('quicksilver lichen').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an answer goes on, the model writes for the person, and messages are added without asking it', async () => {
  const chat = await api(server, 'POST', '/chats', { title: 'Go on' });
  const page = await open_page(browser, server);
  const history = async () => (await api(server, 'GET', `/chats/${chat.id}/messages`)).items;
  const questions = page.locator('article[data-role=user]');
  const ask = async (name) => {
    await page.getByRole('button', { name: 'Go on without a message' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await page.goto(`/chats/${chat.id}`);
  await say(page, 'Tell me about tides');
  await wait_for_answers(page, 1);
  const [, begun] = await history();
  await page.getByRole('log').focus();
  await page.keyboard.press('c');
  await answers(page).first().locator('.variants', { hasText: '2/2' }).waitFor();
  await wait_for_answers(page, 1);
  const [, continued] = await history();
  assert.ok(continued.text.startsWith(begun.text.trimEnd()) && continued.text.length > begun.text.length, `“${continued.text}” goes on from “${begun.text}”`);

  await ask(/^Write my next message/);
  await questions.nth(1).getByRole('button', { name: 'Answer', exact: true }).waitFor();
  const written = (await history())[2];
  assert.deepEqual([written.role, written.variant.kind], ['user', 'generation']);
  await shot(page, 'impersonated');
  await questions.nth(1).getByRole('button', { name: 'Answer', exact: true }).click();
  await wait_for_answers(page, 2);
  await ask(/^Write my next message/);
  await questions.nth(2).getByRole('button', { name: 'Answer', exact: true }).waitFor();
  await questions.nth(2).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Change it in the message box' }).click();
  await questions.nth(2).waitFor({ state: 'detached' });
  const box = page.getByRole('textbox', { name: 'New message' });
  await becomes(async () => (await box.inputValue()).length > 20, true, 'the message box has the text:');

  await box.fill('It is high tide now.');
  await page.getByRole('button', { name: 'Go on without a message' }).click();
  await shot(page, 'ask-menu');
  await page.getByRole('menuitem', { name: 'As a system note' }).click();
  const note = page.getByRole('article', { name: 'System note' });
  const act_on_note = async (name) => {
    await note.hover();
    await note.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  await note.getByText('It is high tide now.').waitFor();
  await becomes(() => box.inputValue(), '');
  await act_on_note('Pin');
  await note.getByText('pinned', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Actions for this chat' }).click();
  await page.getByRole('menuitem', { name: 'Pinned messages' }).click();
  await page.locator('.pinned').getByText('It is high tide now.').waitFor();
  await shot(page, 'pinned');
  await page.getByRole('button', { name: 'Unpin' }).click();
  await page.getByText('Nothing is pinned on this branch.').waitFor();
  await page.keyboard.press('Escape');
  await note.getByText('pinned', { exact: true }).waitFor({ state: 'detached' });
  await ask('Answer now');
  await wait_for_answers(page, 3);
  await act_on_note('Delete this message alone');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await note.waitFor({ state: 'detached' });
  await wait_for_answers(page, 3);
  assert.deepEqual((await history()).map((message) => message.role), ['user', 'assistant', 'user', 'assistant', 'assistant']);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('chats are found by their tags, saved to a file and taken from it, thrown away and brought back', async () => {
  const { chat, page } = await make_chat('Travels');
  const act = async (name) => {
    await page.getByRole('button', { name: 'Actions for this chat' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await act('Tags');
  await page.getByLabel('Add a tag').fill('sea, work');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Remove the tag work' }).click();
  await page.getByRole('button', { name: 'Remove the tag work' }).waitFor({ state: 'detached' });
  await shot(page, 'tags');
  await page.getByRole('button', { name: 'Done' }).click();
  assert.deepEqual((await api(server, 'GET', `/chats/${chat.id}`)).tags, ['sea']);
  const [download] = await Promise.all([page.waitForEvent('download'), act(/JSONL/)]);
  assert.equal(download.suggestedFilename(), 'Travels.jsonl');
  const exported = await readFile(await download.path());

  const rows = page.locator('.chat-row');
  await page.goto('/chats');
  await rows.nth(1).waitFor();
  await page.locator('input[aria-label=Import]').setInputFiles([{ name: 'travels.jsonl', mimeType: 'application/jsonl', buffer: exported }, { name: 'list.json', mimeType: 'application/json', buffer: Buffer.from('["a shopping list"]') }]);
  await page.getByText('Imported: 1 of 2').waitFor();
  assert.ok((await page.locator('.import-result[data-status=failed]').innerText()).length > 30, 'what was refused says why');
  await shot(page, 'chats-import');
  await page.locator('.import-result').getByRole('link', { name: 'Ramify: 1 chat, 2 messages' }).click();
  await page.waitForURL(/\/chats\/chat_/);
  await answers(page).first().locator('.variants', { hasText: '3/3' }).waitFor();
  const copy_id = /chat_\w+/.exec(page.url())[0];
  const told = async (id) => (await api(server, 'GET', `/chats/${id}/messages`)).items.map(({ role, text, variants_count, created_at }) => ({ role, text, variants_count, created_at }));
  assert.deepEqual(await told(copy_id), await told(chat.id));

  await page.goto('/chats');
  await page.getByRole('button', { name: 'sea: 2 chats' }).click();
  await page.waitForURL(/tag=sea/);
  await rows.nth(1).waitFor();
  await rows.nth(2).waitFor({ state: 'detached' });
  await page.getByLabel('Search titles and messages').fill('nobody said this');
  await page.getByText('No chat matches').waitFor();
  await page.getByLabel('Search titles and messages').fill('plants');
  await rows.nth(1).waitFor();
  await page.getByRole('button', { name: 'Actions for Travels' }).first().click();
  await page.getByRole('menuitem', { name: 'Move to the trash' }).click();
  await rows.nth(1).waitFor({ state: 'detached' });
  await page.getByText('Trash', { exact: true }).click();
  await page.waitForURL(/status=deleted/);
  await page.getByLabel('Search titles and messages').fill('');
  await page.waitForURL((url) => !url.searchParams.has('query'));
  await rows.first().waitFor();
  await shot(page, 'chats-trash');
  await page.getByRole('button', { name: 'Actions for Travels' }).click();
  await page.getByRole('menuitem', { name: 'Bring back' }).click();
  await page.getByText('The trash is empty').or(page.getByText('No chat matches')).waitFor();
  await api(server, 'DELETE', `/chats/${copy_id}`);
  await page.reload();
  await page.getByRole('button', { name: 'Actions for Travels' }).click();
  await page.getByRole('menuitem', { name: 'Delete for good' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await rows.first().waitFor({ state: 'detached' });
  await assert.rejects(api(server, 'GET', `/chats/${copy_id}`), /404/);
  assert.equal((await api(server, 'GET', `/chats/${chat.id}`)).status, 'active');

  await page.goto(`/chats/${chat.id}`);
  await act('New chat from this branch');
  await page.waitForURL((url) => /\/chats\/chat_/.test(url.pathname) && !url.pathname.includes(chat.id));
  await answers(page).first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();

  const phone = await open_page(browser, server, { phone: true, dark: true, locale: 'ru-RU' });
  await phone.goto('/chats');
  await phone.locator('.chat-row').first().waitFor();
  const width = await phone.evaluate(() => Math.max(...[document.scrollingElement, ...document.querySelectorAll('main .overflow-y-auto')].map((node) => node.scrollWidth - node.clientWidth)));
  assert.ok(width <= 0, `the list is ${width} px wider than the screen`);
  await shot(phone, 'chats-phone-ru');
  await phone.context().close();
});
