/** A chat of 40 messages of 300 characters, with lore. */
export const context = {
  char: { name: 'Lyra', description: '  A wanderer who maps the ruins of the northern coast. '.repeat(8), scenario: 'A ship in the fog.', tags: ['map', 'sea', 'fog', 'ruins'] },
  user: 'Ada', persona: 'An engineer of bridges. '.repeat(10), chat: { mode: 'chat' }, now: '2024-03-05T08:09:10.042Z',
  lore: Array.from({ length: 8 }, (_, i) => ({ title: `Place ${i}`, content: `What <user> knows about place ${i}. `.repeat(6), off: i % 4 === 3 })),
  messages: Array.from({ length: 50 }, (_, i) => ({ role: i % 2 ? 'assistant' : 'user', content: `Message ${i}: ` + 'the tide takes the lower stairs at dusk. '.repeat(7), hidden: i % 5 === 4 })),
}
