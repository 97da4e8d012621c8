// What chats are made with: characters, who one is, lorebooks, knowledge, prompt templates, and pipelines.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { deflateSync } from 'node:zlib';
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

const crc32 = (bytes) => ~bytes.reduce((sum, byte) => {
  sum ^= byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
}, ~0) >>> 0;

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** A picture of one colour; with a card in it when one is given. */
function picture(card = null) {
  const [width, height] = [80, 100];
  const head = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 2, 0, 0, 0]);
  const rows = Buffer.alloc(height * (1 + width * 3), 120);
  for (let row = 0; row < height; row++) rows[row * (1 + width * 3)] = 0;
  const text = card ? [chunk('tEXt', Buffer.from(`chara\0${Buffer.from(JSON.stringify(card)).toString('base64')}`, 'latin1'))] : [];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), ...text, chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

const vera = {
  spec: 'chara_card_v2', spec_version: '2.0',
  data: {
    name: 'Vera', description: 'Keeps the lighthouse.', personality: '', scenario: '', first_mes: 'Come in, {{user}}.', mes_example: '', creator_notes: '', system_prompt: '', post_history_instructions: '',
    alternate_greetings: ['It is morning.', 'Nobody comes here by accident.'], tags: ['sea', 'mystery'], creator: 'harbour', character_version: '1', extensions: { of_another_program: { kept: true } },
  },
};
const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer });

/** Drops files on the page, as from a folder. */
async function drop(page, files) {
  const transfer = await page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const { name, bytes } of given) data.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
    return data;
  }, files.map(({ name, buffer }) => ({ name, bytes: buffer.toString('base64') })));
  const zone = page.getByRole('status').last().locator('..');
  await zone.dispatchEvent('dragover', { dataTransfer: transfer });
  await page.getByText('Drop the cards to import them').waitFor();
  await zone.dispatchEvent('drop', { dataTransfer: transfer });
}

test('cards are dropped on the gallery, found, edited without losing what others keep in them, exported, and talked with', async () => {
  const page = await open_page(browser, server);
  await page.goto('/');
  await page.getByRole('button', { name: 'Library' }).click();
  await page.getByText('Nobody here yet').waitFor();
  await drop(page, [file('vera.png', picture(vera)), file('broken.png', Buffer.from('no picture')), file('osk.json', Buffer.from(JSON.stringify({ ...vera, data: { ...vera.data, name: 'Captain Osk', tags: ['ship'], alternate_greetings: [] } })))]);
  await page.getByText('Imported: 2 of 3').waitFor();
  assert.match(await page.locator('.import-result', { hasText: 'broken.png' }).innerText(), /no character card/);
  await page.locator('.character', { hasText: 'Vera' }).waitFor();
  await page.getByLabel('Search by name, tag or creator').fill('SHIP');
  await page.locator('.character', { hasText: 'Vera' }).waitFor({ state: 'detached' });
  await page.getByLabel('Search by name, tag or creator').fill('myst');
  await shot(page, 'library-characters');
  await page.locator('.character').getByRole('link', { name: 'Vera' }).click();

  // A change that was not saved is there after the page was left, and saving it leaves the rest of the card as it was.
  await page.getByLabel('Nickname').fill('Vee');
  await page.getByLabel('Tags').fill('sea, storm');
  await page.getByRole('textbox', { name: 'Greeting 3' }).fill('You again.');
  await page.getByRole('region', { name: 'Unsaved changes' }).waitFor();
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.locator('.character').getByRole('link', { name: 'Vera' }).click();
  await page.getByRole('region', { name: 'Unsaved changes' }).waitFor();
  assert.equal(await page.getByLabel('Nickname').inputValue(), 'Vee');
  const profile_id = /profile_\w+/.exec(page.url())[0];
  await api(server, 'PATCH', `/entity_profiles/${profile_id}`, { meta: { seen: true } });
  await page.keyboard.press('Control+s');
  await page.getByText('Somebody else changed this meanwhile').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('region', { name: 'Unsaved changes' }).waitFor({ state: 'detached' });
  const { spec } = await api(server, 'GET', `/entity_profiles/${profile_id}`);
  assert.deepEqual([spec.data.nickname, spec.data.tags, spec.data.alternate_greetings[1], spec.data.extensions.of_another_program], ['Vee', ['sea', 'storm'], 'You again.', { kept: true }]);

  const before = await page.locator('main img').getAttribute('src');
  await page.locator('input[aria-label="Change the picture"]').setInputFiles(file('new.png', picture()));
  await page.locator(`main img:not([src="${before}"])`).waitFor();
  await page.locator('input[aria-label="Change the picture"]').setInputFiles(file('new.txt', Buffer.from('words')));
  await page.getByRole('alert').getByText(/send a PNG, a JPEG or a WebP/).waitFor();

  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /^CHARX/ }).click()]);
  const exported = await readFile(await download.path());
  assert.equal(exported.subarray(0, 2).toString(), 'PK');

  await page.getByRole('button', { name: 'Start a chat' }).click();
  await page.getByRole('dialog').getByRole('radio', { name: 'You again.' }).check();
  await page.getByRole('dialog').getByRole('button', { name: 'Start a chat' }).click();
  await page.waitForURL(/\/chats\/chat_/);
  await page.locator('article[data-role=assistant]').getByText('You again.').waitFor();

  // What was exported comes in again as it was.
  await page.goto('/library');
  await page.locator('input[aria-label=Import]').setInputFiles(file('again.charx', exported));
  await page.getByText('Imported: 1 of 1').waitFor();
  await page.locator('.import-result').getByRole('link', { name: 'Vera' }).click();
  assert.equal(await page.getByLabel('Nickname').inputValue(), 'Vee');

  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Put away' }).click();
  await page.getByRole('button', { name: 'Bring back' }).waitFor();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete for good' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(/\/library$/);
  await page.locator('.character').nth(2).waitFor({ state: 'detached' });
  await page.locator('.character').nth(1).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('personas are made, chosen and deleted, by the keyboard alone', async () => {
  const page = await open_page(browser, server);
  await page.goto('/library/personas');
  await page.getByText('You are “User” for now').waitFor();
  await page.getByRole('button', { name: 'New persona' }).press('Enter');
  await page.keyboard.type('Anna');
  await page.keyboard.press('Tab');
  await page.keyboard.type('A geologist.');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'New persona' }).press('Enter');
  assert.equal(await page.getByRole('dialog').getByLabel('Name').inputValue(), 'Anna', 'what was typed is still there');
  await page.keyboard.press('Enter');
  await page.locator('.persona', { hasText: 'Anna' }).getByText('Default').waitFor();
  await page.getByRole('button', { name: 'New persona' }).press('Enter');
  await page.keyboard.type('Harbour master');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Use Harbour master by default' }).press('Enter');
  await page.locator('.persona', { hasText: 'Harbour master' }).getByText('Default').waitFor();
  await page.getByRole('button', { name: 'Delete Anna' }).press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
  await page.locator('.persona', { hasText: 'Anna' }).waitFor({ state: 'detached' });
  await shot(page, 'library-personas');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a lorebook of ten thousand entries is imported, gone through, edited, tested with reasons, and used in chats', async () => {
  const page = await open_page(browser, server);
  const entries = Object.fromEntries(Array.from({ length: 10_000 }, (_, uid) => [uid, { uid, key: [`place ${uid}`], keysecondary: [], comment: `Place ${uid}`, content: `It lies ${uid} miles away.`, order: 100, position: 0, disable: false, constant: false, selective: true, kept_by_others: uid }]));
  await page.goto('/library/lorebooks');
  await page.locator('input[aria-label="Import lorebooks"]').setInputFiles(file('world.json', Buffer.from(JSON.stringify({ name: 'World', entries }))));
  await page.locator('.import-result').getByRole('link', { name: 'World' }).click();
  await page.getByText('10000 entries', { exact: true }).waitFor();
  const rows = page.locator('.entry');
  assert.ok(await rows.count() < 60, 'only the rows in view are drawn');
  await rows.first().focus();
  await page.keyboard.press('End');
  await page.locator('.entry[data-uid="9999"]:focus').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.locator('.entry[data-uid="9998"]:focus').waitFor();
  await page.getByLabel('Search titles, keys and texts').fill('place 777');
  await page.getByText('19 entries found').waitFor();
  await page.locator('.entry[data-uid="777"]').click();

  await page.getByRole('textbox', { name: 'Keys' }).fill('lighthouse\n/light\\s?house/i');
  await page.getByText('More about the keys').click();
  await page.getByRole('textbox', { name: 'Further keys' }).fill('night');
  const lorebook_id = /lorebook_\w+/.exec(page.url())[0];
  // Another entry changes meanwhile: that is none of this one.
  const { items } = await api(server, 'GET', `/lorebooks/${lorebook_id}/entries?limit=1`);
  await api(server, 'PUT', `/lorebooks/${lorebook_id}/entries`, { ...items[0], content: 'Changed elsewhere.' });
  await page.keyboard.press('Control+s');
  await page.getByRole('region', { name: 'Unsaved changes' }).waitFor({ state: 'detached' });
  const { items: [saved] } = await api(server, 'GET', `/lorebooks/${lorebook_id}/entries?limit=1&cursor=776`);
  assert.deepEqual([saved.keys, saved.secondary_keys, saved.unknown.kept_by_others], [['lighthouse', '/light\\s?house/i'], ['night'], 777]);

  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByLabel('What is said').fill('We saw place 7.\n---\nThe Lighthouse, late at night.');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Active: 2').waitFor();
  assert.match(await page.locator('.verdict[data-uid="777"]').innerText(), /Place 777\s+key found\s+lighthouse.*night/);
  await page.getByText('Others: 9998').click();
  assert.match(await page.locator('.verdict').first().innerText(), /no key found/);
  assert.ok(await page.locator('.verdict').count() < 60);
  await shot(page, 'library-lore-test');

  await page.getByRole('button', { name: 'Where used' }).click();
  await page.getByText('Nowhere yet').waitFor();
  await page.getByRole('button', { name: 'Use it there' }).click();
  await page.locator('.binding', { hasText: 'All chats' }).waitFor();
  assert.deepEqual((await api(server, 'GET', `/lorebooks/${lorebook_id}/bindings`)).items, [{ scope: 'global', scope_id: '' }]);
  await page.getByRole('button', { name: 'Use it no more: All chats' }).click();
  await page.getByText('Nowhere yet').waitFor();

  await page.getByRole('button', { name: 'New entry' }).click();
  await page.getByRole('textbox', { name: 'Title' }).fill('The keeper');
  await page.keyboard.press('Control+s');
  await page.getByText(/already; delete one, or begin another book/).waitFor();
  await page.getByLabel('Search titles, keys and texts').fill('place 5');
  await page.locator('.entry[data-uid="5"]').click();
  await page.getByRole('button', { name: 'Delete the entry' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.locator('.entry[data-uid="5"]').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'New entry' }).click();
  assert.equal(await page.getByRole('textbox', { name: 'Title' }).inputValue(), 'The keeper', 'what could not be saved is still there');
  await page.getByLabel('Search titles, keys and texts').fill('');
  await page.getByText('9999 entries', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('10000 entries', { exact: true }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a prompt template is written with a live preview, faults are shown at their place, and it takes effect when it is enabled', async () => {
  const page = await open_page(browser, server);
  await api(server, 'POST', '/prompt_templates', { name: 'Old style', text: 'Be brief.' });
  await page.goto('/library/prompts');
  await page.locator('.template', { hasText: 'Old style' }).getByText('Enabled').waitFor();
  await page.getByRole('button', { name: 'New template' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('House style');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/prompts\/template_/);
  const output = page.locator('.template-output');
  await output.getByText('Stay in character.').waitFor();

  const editor = page.locator('.cm-content');
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('Answer {{ user.name | upcase }} in verse.\n{% fo x %}');
  await page.locator('.template-fault').getByText('tag "fo" not found').waitFor();
  assert.equal(await page.locator('.template-fault button').innerText(), 'line 2, column 1');
  await page.locator('.cm-fault').first().waitFor();
  assert.equal((await page.locator('.cm-fault').allInnerTexts()).join(''), '{% fo x %}');
  await page.keyboard.press('Control+s');
  await page.locator('.template-fault').waitFor();
  await page.getByText('Unsaved changes').waitFor();
  await shot(page, 'library-template-fault');

  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('Answer {{ user.name | upcase }} in verse.');
  await output.getByText(/^Answer [A-Z ]+ in verse\.$/).waitFor();
  await page.getByRole('button', { name: 'Values' }).click();
  await page.getByRole('textbox', { name: 'Values' }).fill('{"user": {"name": "osk"}}');
  await output.getByText('Answer OSK in verse.').waitFor();
  await page.keyboard.press('Control+s');
  await page.getByText('Saved.').waitFor();
  await page.getByRole('switch', { name: 'Enabled' }).click({ force: true });
  await page.getByRole('dialog').getByText('“Old style” is enabled for the same chats').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Use this one' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('switch', { name: 'Enabled', checked: true }).waitFor();
  const chat = await api(server, 'POST', '/chats', { title: 'Verse' });
  const { messages } = await api(server, 'POST', `/chats/${chat.id}/prompt_preview`, { text: 'Hello' });
  assert.match(messages[0].text, /^Answer .* in verse\.$/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a chat shows what it is made with: its persona, its lorebooks and its template are changed beside it', async () => {
  const page = await open_page(browser, server);
  const profile = await api(server, 'POST', '/entity_profiles', { name: 'Ada' });
  const chat = await api(server, 'POST', '/chats', { title: 'At the pier', entity_profile_id: profile.id });
  const [everywhere, own] = [await api(server, 'POST', '/lorebooks', { name: 'Everywhere' }), await api(server, 'POST', '/lorebooks', { name: 'Only here' })];
  await api(server, 'POST', `/lorebooks/${everywhere.id}/bindings`, { scope: 'entity_profile', scope_id: profile.id });
  const persona = await api(server, 'POST', '/personas', { name: 'Pilot' });
  await page.goto(`/chats/${chat.id}`);
  const setting = page.getByRole('button', { name: 'Character, persona, lore' });
  await setting.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('link', { name: 'Ada' }).waitFor();
  await dialog.locator('.chat-book', { hasText: 'Everywhere' }).getByText('A character').waitFor();
  await dialog.getByLabel('Use in this chat').selectOption({ label: 'Only here' });
  await dialog.locator('.chat-book', { hasText: 'Only here' }).getByText('One chat').waitFor();
  await dialog.getByLabel('You are').selectOption({ label: 'Pilot' });
  await shot(page, 'library-chat-setting');
  await page.keyboard.press('Escape');
  await setting.click();
  await dialog.locator('.chat-book', { hasText: 'Only here' }).waitFor();
  await becomes(() => dialog.getByLabel('You are').inputValue(), persona.id);
  await becomes(async () => (await api(server, 'GET', `/chats/${chat.id}`)).persona_id, persona.id);
  await dialog.getByRole('button', { name: 'Use it no more: Only here' }).click();
  await dialog.locator('.chat-book', { hasText: 'Only here' }).waitFor({ state: 'detached' });
  await becomes(async () => (await api(server, 'GET', `/lorebooks/${own.id}/bindings`)).items, []);
  await dialog.getByRole('button', { name: 'One for this chat alone' }).click();
  await page.waitForURL(/\/prompts\/template_/);
  await page.getByText('One chat: At the pier').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** A provider of embeddings: `vector_of` says where a text lies. */
async function start_embeddings(vector_of) {
  const provider = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const data = [JSON.parse(body).input].flat().map((text, index) => ({ index, embedding: vector_of(text) }));
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ data, usage: { prompt_tokens: data.length } }));
  });
  await new Promise((done) => provider.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${provider.address().port}/v1`, stop: () => provider.close() };
}

test('a note is knowledge: it is found with the reason, and quoted in the chat that looks there', async () => {
  const page = await open_page(browser, server);
  // A template of another story has no place for knowledge.
  for (const { id } of (await api(server, 'GET', '/prompt_templates')).items) await api(server, 'DELETE', `/prompt_templates/${id}`);
  const chat = await api(server, 'POST', '/chats', { title: 'In the canteen' });
  await page.goto('/library/knowledge');
  await page.getByText('Nothing to look up yet').waitFor();
  await page.getByRole('button', { name: 'New source' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Opening hours');
  await page.getByRole('dialog').getByLabel('What it says').fill('The canteen opens at six.');
  await shot(page, 'knowledge-new');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.waitForURL(/\/library\/knowledge\/source_/);
  await page.getByText('ready', { exact: true }).waitFor();
  await page.getByRole('list', { name: 'Documents' }).getByText('1 piece').waitFor();
  await page.getByLabel('Say something').fill('When does the canteen open?');
  await page.keyboard.press('Control+Enter');
  const passage = page.locator('.passage');
  await passage.getByText('The canteen opens at six.').waitFor();
  assert.match(await passage.innerText(), /\[1\]\s*Opening hours, piece 1[^]*found by[^]*canteen/);
  await page.getByLabel('Where to look').selectOption({ label: 'In the canteen' });
  await page.getByRole('button', { name: 'Look it up' }).click();
  await page.getByText('Nothing has these words.').waitFor();
  await shot(page, 'knowledge-source');

  await page.goto(`/chats/${chat.id}`);
  await page.getByRole('button', { name: 'Character, persona, lore' }).click();
  await page.getByLabel('Look it up in this chat').selectOption({ label: 'Opening hours' });
  await page.locator('.chat-book', { hasText: 'Opening hours' }).getByText('One chat').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'New message' }).fill('When does the canteen open?');
  await page.getByRole('button', { name: 'What the model is sent (I)' }).click();
  const dialog = page.getByRole('dialog', { name: 'What the model is sent' });
  await dialog.getByRole('list', { name: '1 passage can be quoted' }).getByText('[1]').click();
  await dialog.getByRole('list', { name: '1 passage can be quoted' }).getByText('The canteen opens at six.').waitFor();
  await shot(page, 'knowledge-quoted');
  await page.keyboard.press('Escape');
  await say(page, 'When does the canteen open?');
  await wait_for_answers(page, 1);
  await answers(page).last().getByText('1 source').click();
  const cited = page.getByRole('list', { name: 'What stood in the prompt' });
  await cited.getByText('Opening hours').click();
  await cited.getByText('The canteen opens at six.').waitFor();
  await shot(page, 'citations');
  await answers(page).last().getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'What the model was sent' }).click();
  await page.getByRole('dialog', { name: 'What the model was sent' }).getByText('[1] Opening hours').last().waitFor();
  await shot(page, 'prompt-sent');
  await page.keyboard.press('Escape');
  await cited.getByRole('link', { name: 'Open it in the source' }).click();
  const pieces = page.getByRole('dialog', { name: 'Opening hours' });
  await pieces.locator('.piece[aria-current]').getByText('The canteen opens at six.').waitFor();
  await shot(page, 'knowledge-pieces');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Pieces of Opening hours' }).click();
  await pieces.getByText('Piece 1').waitFor();
  await page.keyboard.press('Escape');

  await page.goto('/library/knowledge');
  await page.locator('input[aria-label="Add files"]').setInputFiles([file('rules.md', Buffer.from('# Rules\n\nNo shoes indoors.')), file('picture.png', picture())]);
  await page.getByText('Imported: 1 of 2').waitFor();
  await page.locator('.source', { hasText: 'rules.md' }).getByText('ready').waitFor();
  await shot(page, 'knowledge-sources');
  await page.locator('.source').getByRole('link', { name: 'Opening hours' }).click();
  await page.getByRole('button', { name: 'Actions for this source' }).click();
  await page.getByRole('menuitem', { name: 'Delete the source' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the source' }).click();
  await page.waitForURL(/\/library\/knowledge$/);
  await page.locator('.source', { hasText: 'rules.md' }).waitFor();
  await page.locator('.source', { hasText: 'Opening hours' }).waitFor({ state: 'detached' });

  const meanings = await start_embeddings((text) => (/shoes|slippers/.test(text) ? [1, 0] : [0, 1]));
  const embedder = await api(server, 'POST', '/models', { name: 'Closeness', provider: 'openai', model: 'text-embedding-3-small', base_url: meanings.url });
  await page.getByRole('main').getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Model for embeddings').selectOption({ label: 'Closeness' });
  await page.getByRole('dialog').getByLabel('How close, at least').fill('0.5');
  await shot(page, 'knowledge-settings');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await becomes(async () => (await api(server, 'GET', '/knowledge_settings')).vectors_count > 0, true, 'vectors are made:');
  await page.getByLabel('Say something').fill('Are slippers fine?');
  await page.getByRole('button', { name: 'Look it up' }).click();
  await page.locator('.passage', { hasText: 'No shoes indoors.' }).getByText('meaning 1').waitFor();
  await shot(page, 'knowledge-by-meaning');
  await api(server, 'PATCH', '/knowledge_settings', { embedding_model: '' });
  await api(server, 'DELETE', `/models/${embedder.id}`);
  meanings.stop();

  await page.getByRole('link', { name: 'Lorebooks', exact: true }).click();
  await page.getByRole('main').getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Messages looked at').fill('7');
  await page.getByRole('dialog').getByLabel('Which books come first').selectOption({ label: 'Those of all chats' });
  await shot(page, 'lore-settings');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const settings = await api(server, 'GET', '/lore_settings');
  assert.deepEqual([settings.scan_depth, settings.insertion_strategy, settings.budget_percent], [7, 'global_first', 25]);
  await api(server, 'PUT', '/lore_settings', {});
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

const digest = (page_depends_on) => ({
  steps: [
    { id: 'size', type: 'guard', parameters: { checks: { is_long: 'input.text.size > 5' } } },
    { id: 'ask', type: 'llm', depends_on: ['size'], parameters: { prompt: 'Say hello.', temperature: '{{ input.warmth }}' } },
    { id: 'page', type: 'template', title: 'Front page', depends_on: [page_depends_on], condition: 'steps.size.is_long', parameters: { text: '# {{ input.text | upcase }}' }, effects: [{ type: 'publish_artifact', name: 'page.md', text: '{{ output.text }}' }] },
    { id: 'end', type: 'template', depends_on: ['ask'], parameters: { text: 'Over.' } },
  ],
});

/** What stands in the editor is replaced. */
async function write(page, text) {
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

test('a pipeline is written, mended at the line of its faults, seen as a graph, run, looked into, retried and undone', async () => {
  const page = await open_page(browser, server);
  await page.goto('/library/pipelines');
  await page.getByText('No pipelines yet').waitFor();
  await page.getByRole('button', { name: 'New pipeline' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Digest');
  await page.getByRole('dialog').getByText('Runs by itself').click();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/pipelines\/pipeline_/);
  const pipeline_id = /pipeline_\w+/.exec(page.url())[0];
  await page.locator('.step-node[data-step=page]').waitFor();

  // No JSON, then a definition that the server refuses: each fault stands at its line.
  await write(page, '{\n  "steps": [\n    {"id": "a" "type": "template"}\n  ]\n}');
  const faults = page.locator('.definition-fault');
  await faults.getByText('A comma is needed').waitFor();
  assert.equal(await faults.getByRole('button').innerText(), 'line 3, column 16');
  assert.equal(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled(), true);
  const faulty = JSON.stringify(digest('nowhere'), null, 2);
  await write(page, faulty);
  await faults.getByText('and there is no such step').waitFor();
  const line = faulty.split('\n').findIndex((text) => text.includes('nowhere')) + 1;
  assert.match(await faults.getByRole('button').innerText(), new RegExp(`^line ${line}, `));
  assert.equal((await page.locator('.cm-fault').allInnerTexts()).join(''), '"nowhere"');
  await page.keyboard.press('Control+s');
  await faults.first().waitFor();
  assert.equal((await api(server, 'GET', `/pipelines/${pipeline_id}`)).number, 1, 'a faulty definition is not saved');
  await shot(page, 'pipeline-fault');

  // What was written is there after the page was left.
  await page.goto('/library/pipelines');
  await page.getByRole('link', { name: 'Digest', exact: true }).click();
  await faults.getByText('and there is no such step').waitFor();
  await write(page, JSON.stringify(digest('size'), null, 2));
  await page.locator('.step-node[data-step=end]').waitFor();
  await faults.waitFor({ state: 'detached' });
  await page.locator('.step-node[data-step=page]').click();
  await page.locator('.cm-content:focus').waitFor();
  await api(server, 'PATCH', `/pipelines/${pipeline_id}`, { description: 'Of somebody else' });
  await page.keyboard.press('Control+s');
  await page.getByText('Somebody else changed this meanwhile').waitFor();
  await page.keyboard.press('Control+s');
  await page.getByText('Saved.').waitFor();
  const saved = await api(server, 'GET', `/pipelines/${pipeline_id}`);
  assert.deepEqual([saved.number, saved.description, saved.definition.steps.length], [2, 'Of somebody else', 4]);
  await shot(page, 'pipeline-definition');

  // What may stand somewhere is offered: a member of a step, and the types.
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('{"steps": [{"id": "a", "typ');
  await page.keyboard.press('Control+Space');
  await page.locator('.cm-tooltip-autocomplete').getByText('type', { exact: true }).click();
  await page.keyboard.press('Control+Space');
  await page.locator('.cm-tooltip-autocomplete').getByText('guard', { exact: true }).waitFor();
  await shot(page, 'pipeline-completion');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Discard' }).click();

  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('dialog').getByLabel('Input').fill('{"text": "good morning", "warmth": "hot"}');
  await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
  await page.waitForURL(/\/library\/runs\/run_/);
  const [, first_run] = /runs\/(run_\w+)/.exec(page.url());
  await page.locator('.run-status[data-status=failed]').first().waitFor();
  const step = (name) => page.getByRole('region', { name: `Step ${name}` });
  await step('ask').getByRole('alert').waitFor();
  await page.locator('.step-node[data-step=ask]', { hasText: /ask\s*failed/ }).waitFor();
  await page.locator('.step-node[data-step=page][data-status=done]').waitFor();
  await shot(page, 'pipeline-run-failed');

  // By the keyboard alone: from a step down to the next, into it, and to what it changed.
  await page.locator('.step-node[data-step=size]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  const focused = await page.evaluate(() => document.activeElement.dataset.step);
  assert.ok(['ask', 'page'].includes(focused), focused);
  await page.locator('.step-node[data-step=page]').press('Enter');
  await step('Front page').getByRole('region', { name: 'Input' }).filter({ hasText: 'GOOD MORNING' }).waitFor();
  await step('Front page').getByRole('region', { name: 'Output' }).filter({ hasText: '# GOOD MORNING' }).waitFor();

  await step('Front page').getByRole('button', { name: 'Retry from here' }).click();
  await page.waitForURL((url) => url.pathname !== `/library/runs/${first_run}`);
  await page.getByRole('link', { name: 'repeats another run' }).waitFor();
  await page.locator('.step-node[data-step=page][data-status=done]').waitFor();
  await page.locator('.run-status[data-status=failed]').first().waitFor();
  await page.locator('.step-node[data-step=page]').click();
  await step('Front page').locator('.effect', { hasText: 'page.md' }).getByRole('button', { name: 'Undo' }).click();
  await step('Front page').locator('.effect').getByText('undone').waitFor();
  const run_id = /runs\/(run_\w+)/.exec(page.url())[1];
  const { items: [effect] } = await api(server, 'GET', `/runs/${run_id}/effects`);
  assert.ok(effect.undone_at);
  await shot(page, 'pipeline-run-undone');

  await page.getByRole('link', { name: /^Digest v2/ }).click();
  await page.locator('.run').nth(1).waitFor();
  assert.equal(await page.locator('.run').count(), 2);
  await page.getByRole('link', { name: 'Versions' }).click();
  await page.locator('.version').nth(1).getByRole('button').click();
  await page.getByRole('dialog').getByLabel('Show what is different now').check();
  await page.getByRole('dialog').locator('.cm-changedLine, .cm-insertedLine').first().waitFor();
  await shot(page, 'pipeline-version');
  await page.getByRole('dialog').getByRole('button', { name: 'Put it into the editor' }).click();
  await page.locator('.step-node[data-step=summary]').waitFor();
  await page.getByText('Unsaved changes').waitFor();
  await page.getByRole('link', { name: 'Where and when' }).click();
  await page.getByLabel('Run it regularly').check();
  await page.getByLabel('Minutes from one run to the next').fill('90');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText(/^The next run begins/).waitFor();
  const scheduled = await api(server, 'GET', `/pipelines/${pipeline_id}`);
  assert.deepEqual([scheduled.number, scheduled.definition.schedule.every_minutes, scheduled.definition.steps[0].id], [3, 90, 'summary']);
  await shot(page, 'pipeline-schedule');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No pipelines yet').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a pipeline answers where it is told to, and an answer leads to its steps, on a phone too', async () => {
  const page = await open_page(browser, server, { phone: true, dark: true });
  const profile = await api(server, 'POST', '/entity_profiles', { name: 'Ida' });
  const chat = await api(server, 'POST', '/chats', { title: 'With Ida', entity_profile_id: profile.id });
  await page.goto('/library/pipelines');
  await page.getByRole('button', { name: 'New pipeline' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('As usual');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.locator('.step-node[data-step=post]').waitFor();
  await shot(page, 'pipeline-phone-definition');
  await page.getByRole('link', { name: 'Where and when' }).click();
  await page.getByLabel('Where to answer').selectOption({ label: 'Chats with a character' });
  await page.getByLabel('Chats with a character', { exact: true }).selectOption({ label: 'Ida' });
  await page.getByRole('button', { name: 'Answer there' }).click();
  await page.locator('.binding', { hasText: 'Ida' }).waitFor();
  await shot(page, 'pipeline-phone-use');
  await page.goto('/library/pipelines');
  await page.locator('.pipeline', { hasText: 'As usual' }).getByText('Ida').waitFor();
  await shot(page, 'pipeline-phone-list');

  await page.goto(`/chats/${chat.id}`);
  await say(page, 'Hello');
  await wait_for_answers(page, 1);
  await answers(page).first().getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Steps of this answer' }).click();
  await page.waitForURL(/\/library\/runs\/run_/);
  await page.locator('.step-node[data-step=llm][data-status=done]').click();
  await page.getByRole('region', { name: 'Step llm' }).getByRole('region', { name: 'Output' }).waitFor();
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
  assert.ok(width <= 0, `the page is ${width} px wider than the screen`);
  await shot(page, 'pipeline-phone-run');
  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('menuitem', { name: 'Русский' }).click();
  await page.locator('.step-node', { hasText: 'готово' }).first().waitFor();
  await shot(page, 'pipeline-phone-run-russian');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
