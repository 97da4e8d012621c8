// No page keeps anybody out: axe finds nothing serious on any of them, in light and in dark, on a desk and on a phone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { answers, api, create_app, open_page, preview_content, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

let server, browser;
before(async () => {
  server = await start_server();
  browser = await start_browser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What is serious or critical on the page as it stands; the running app in a frame is not ours. */
async function assert_accessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { iframes: false, resultTypes: ['violations'] });
    return violations.filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
      .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)} ${node.any.map((check) => check.message).join(' ')}`));
  });
  assert.deepEqual(found, [], what);
}

for (const look of [{ dark: false, phone: false }, { dark: true, phone: false }, { dark: false, phone: true }, { dark: true, phone: true }]) {
  const name = `${look.dark ? 'dark' : 'light'}, ${look.phone ? 'phone' : 'desk'}`;
  test(`every page (${name})`, async () => {
    const page = await open_page(browser, server, look);
    const app_id = await create_app(page, 'A counter with a big button');
    await wait_for_answers(page, 1);
    await page.locator('.change-card button[aria-expanded]').first().click();
    await page.locator('.change-card pre').first().waitFor();
    await assert_accessible(page, 'chat');
    const { chat_id } = await api(server, 'GET', `/apps/${app_id}`);
    const { items } = await api(server, 'GET', `/chats/${chat_id}/messages`);
    const branch = await api(server, 'POST', `/chats/${chat_id}/branches`, { from_message_id: items.at(-1).id, title: 'Another way' });

    for (const [tab, ready] of [['preview', null], ['files', null], ['files&file=index.html', '.cm-content'], ['versions', 'ol'], ['logs', null]]) {
      await page.goto(`/apps/${app_id}?tab=${tab}`);
      await page.getByRole('region', { name: /Preview|Files|Versions|Logs/ }).waitFor();
      if (ready) await page.locator(ready).first().waitFor();
      if (tab === 'preview') await preview_content(page);
      await assert_accessible(page, tab);
    }
    await page.goto(`/apps/${app_id}?tab=versions`);
    await page.getByRole('button', { name: 'Show the difference' }).first().click();
    await page.locator('dialog details').first().waitFor();
    await assert_accessible(page, 'difference');
    await page.keyboard.press('Escape');
    await page.locator('.branch-button').click();
    await page.getByRole('dialog', { name: 'Branches' }).waitFor();
    await assert_accessible(page, 'branches');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Your menu' }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
    await assert_accessible(page, 'menu');

    await page.goto(`/apps/${app_id}/compare?right=${branch.id}`);
    await page.locator('iframe').first().waitFor();
    await answers(page).first().waitFor();
    await assert_accessible(page, 'side by side');

    await page.goto('/settings/models');
    await page.locator('.model').first().waitFor();
    await assert_accessible(page, 'models');
    await page.getByRole('button', { name: 'Add a model' }).click();
    await page.getByRole('dialog').waitFor();
    await assert_accessible(page, 'model');
    for (const path of ['/', '/chats', '/settings/appearance', '/settings/tokens', '/settings/sessions', '/jobs', '/no/such/page', '/sign-in', '/setup']) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      await assert_accessible(page, path);
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test(`every page of databases (${name})`, async () => {
    const page = await open_page(browser, server, look);
    const steps = (...all) => ({ steps: all.map((sql) => ({ arguments: ['-X', '-v', 'ON_ERROR_STOP=1', '-c', sql] })) });
    const prepared = async (body) => {
      const { id } = await api(server, 'POST', '/database_prepares', body);
      await fetch(`${server.url}/api/v1/database_prepares/${id}/events`, { headers: { Accept: 'text/event-stream' } }).then((answer) => answer.text());
      return api(server, 'GET', `/database_prepares/${id}`);
    };
    const done = await prepared(steps('create table item (id int primary key, name text)', "insert into item select i, 'item ' || i from generate_series(1, 300) i"));
    const failed = await prepared(steps('create table item (id int primary key, name text)', 'select nonsense from item'));
    await api(server, 'PUT', '/database_refs/shop@main', { state_id: done.state_id, is_pinned: true });

    const pages = ['/databases', '/databases/prepare', '/databases/prepares', `/databases/prepares/${done.id}`, `/databases/prepares/${failed.id}`, `/databases/states?state=${done.state_id}`,
      `/databases/compare?left=${done.state_id}&right=${done.steps[0].state_id}`, '/databases/runs', '/databases/cache'];
    for (const path of pages) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      await assert_accessible(page, path);
      await shot(page, `${path.split('?')[0].slice(1).replace(/\W+/g, '-').replace(/prepare_.*/, path.includes(failed.id) ? 'failed' : 'done')}-${name.replace(', ', '-')}`);
      const width = await page.evaluate(() => Math.max(...[document.scrollingElement, ...document.querySelectorAll('main .overflow-y-auto')].map((node) => node.scrollWidth - node.clientWidth)));
      assert.ok(width <= 0, `${path} is ${width} px wider than the screen`);
    }
    await page.goto(`/databases/compare?left=${done.steps[0].state_id}&right=${done.state_id}`);
    await page.getByLabel('The rows, too').check();
    await page.getByRole('button', { name: 'Compare the databases' }).click();
    await page.locator('.diff').getByText('300 added, 0 removed, 0 changed').waitFor();
    await assert_accessible(page, 'difference of databases');
    await page.locator('.diff').scrollIntoViewIfNeeded();
    await shot(page, `databases-diff-${name.replace(', ', '-')}`);

    await page.goto('/databases/states');
    await page.getByRole('button', { name: /^Actions for state/ }).last().click();
    await page.getByRole('menuitem', { name: /^Delete/ }).click();
    await page.getByRole('dialog').waitFor();
    await assert_accessible(page, 'removal of a state');
    await shot(page, `databases-remove-${name.replace(', ', '-')}`);

    await page.goto(`/databases/instances/${done.instance_id}`);
    await page.locator('.cm-content').click();
    await page.keyboard.insertText('select id, name, null as nothing, id * 1.5 as half_more from item order by id');
    await page.keyboard.press('Control+Enter');
    await page.locator('.result').waitFor();
    await assert_accessible(page, 'console');
    await shot(page, `databases-console-${name.replace(', ', '-')}`);
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('menuitem', { name: 'Run and measure' }).click();
    await page.locator('.plan').waitFor();
    await assert_accessible(page, 'plan');
    await shot(page, `databases-plan-${name.replace(', ', '-')}`);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('dialog').getByText('DATABASE_URL').waitFor();
    await assert_accessible(page, 'how to connect');
    await shot(page, `databases-connect-${name.replace(', ', '-')}`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  // What differs by light differs by width alike: two of the four looks are enough here.
  if (look.dark === look.phone) test(`every page of the library (${name})`, async () => {
    const page = await open_page(browser, server, look);
    const profile = await api(server, 'POST', '/entity_profiles', { spec: { name: 'Vera', tags: ['sea'], creator: 'harbour', first_mes: 'Come in.', alternate_greetings: ['Morning.'], extensions: { world: 'Harbour' } } });
    await api(server, 'POST', '/personas', { name: `Anna ${name}`, description: 'A geologist.' });
    const book = await api(server, 'POST', '/lorebooks', { name: 'Harbour' });
    await api(server, 'PUT', `/lorebooks/${book.id}/entries`, { uid: 0, keys: ['lighthouse'], content: 'Built in 1873.', probability: 100 });
    const template = await api(server, 'POST', '/prompt_templates', { name: `Style ${name}`, text: '{% if description %}{{ description }}{% endif %}\n{{ 1 | plus: "x" }}', is_enabled: false });
    const source = await api(server, 'POST', '/knowledge_sources', { name: `Hours ${name}`, text: 'The harbour opens at six.' });
    const look_at = async (path, what) => {
      await assert_accessible(page, what);
      await shot(page, `library-${what.replace(/\W+/g, '-')}-${name.replace(', ', '-')}`);
      const width = await page.evaluate(() => Math.max(...[document.scrollingElement, ...document.querySelectorAll('main .overflow-y-auto')].map((node) => node.scrollWidth - node.clientWidth)));
      assert.ok(width <= 0, `${path}: ${what} is ${width} px wider than the screen`);
    };
    const pages = [['/library', '.character', 'characters'], [`/library/characters/${profile.id}`, 'textarea', 'character'], ['/library/personas', '.persona', 'personas'],
      ['/library/lorebooks', '.lorebook', 'lorebooks'], [`/library/lorebooks/${book.id}?entry=0`, 'textarea', 'entry'], [`/library/lorebooks/${book.id}?view=use`, 'main select', 'use of a lorebook'], ['/library/knowledge', '.source', 'knowledge'], [`/library/knowledge/${source.id}`, '.document', 'source of knowledge'], ['/library/prompts', '.template', 'templates'], [`/library/prompts/${template.id}`, '.cm-content', 'template']];
    for (const [path, ready, what] of pages) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator(ready).first().waitFor();
      await look_at(path, what);
    }
    const chat = await api(server, 'POST', '/chats', { title: 'At the pier', entity_profile_id: profile.id });
    await page.goto(`/chats/${chat.id}`);
    await page.getByRole('button', { name: 'Character, persona, lore' }).click();
    await page.getByRole('dialog').getByLabel('Use in this chat').waitFor();
    await look_at(`/chats/${chat.id}`, 'what a chat is made with');
    await page.goto(`/library/lorebooks/${book.id}?view=test`);
    await page.getByLabel('What is said').fill('The lighthouse.');
    await page.keyboard.press('Control+Enter');
    await page.locator('.verdict').waitFor();
    await look_at('/library/lorebooks', 'test of a lorebook');
    await page.goto(`/library/characters/${profile.id}`);
    await page.getByLabel('Nickname').fill('Vee');
    await page.getByRole('region', { name: 'Unsaved changes' }).waitFor();
    await page.getByText('What else is in the card').click();
    await look_at('/library/characters', 'changed character');
    await page.getByRole('button', { name: 'Start a chat' }).click();
    await page.getByRole('dialog').getByRole('radio').first().waitFor();
    await look_at('/library/characters', 'start of a chat');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}
