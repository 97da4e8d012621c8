// Templates by chance, the same for the same seed: right ones, odd ones, and ones that were damaged.

export const context = JSON.stringify({
  name: 'Ada', empty_text: '', spaces: '  \t\n x  ', html: '<p class="a">It\'s &amp; <b>bold</b></p><script>x</script>', unicode: 'Straße 😀 naïve Ünï ΟΔΟΣ 日本語', words: 'one two  three\nfour',
  zero: 0, one: 1, negative: -3.7, big: 12345678901234567890, tiny: 1.5e-9, half: 0.5, third: 3.3333333, text_number: '42', text_float: '1.50', yes: true, no: false, nothing: null,
  numbers: [3, 1, 2, 10, -1, 2], texts: ['b', 'A', 'c', 'a', 'B', 'é'], mixed: [1, 'two', null, true, [3, 4], { a: 1 }], none: [], nested: [[1, 2], [3], []],
  people: [{ name: 'Zoe', age: 30, tags: ['x', 'y'], on: true }, { name: 'bob', age: 25, tags: [], on: false }, { name: 'Al', age: null, where: { city: 'Rome' } }, { name: 'bob', age: 41, on: true, where: { city: 'Oslo' } }],
  char: { name: 'Lyra', description: 'a wanderer', greeting: 'Hi {{user}}', 'odd key': 'odd', size: 7 }, object: { b: 1, a: 'two', 10: 'ten', 2: 'due' }, blank_object: {}, date: '2024-02-29T13:45:06.789Z', old: '1999-12-31', stamp: 1700000000, key: 'name', index: 1,
  size: 5, first: 'eins',
})

const names = ['name', 'empty_text', 'spaces', 'html', 'unicode', 'words', 'zero', 'one', 'negative', 'big', 'tiny', 'half', 'third', 'text_number', 'text_float', 'yes', 'no', 'nothing', 'numbers', 'texts', 'mixed', 'none',
  'nested', 'people', 'char', 'object', 'blank_object', 'date', 'old', 'stamp', 'key', 'index', 'missing', 'item', 'x', 'y', 'forloop', 'tablerowloop', 'size', 'counter']
const members = ['name', 'size', 'first', 'last', 'length', 'age', 'tags', 'a', 'b', 'index', 'index0', 'rindex', 'rindex0', 'col', 'row', 'col_first', 'col_last', 'missing', 'where', 'city', 'description']
const filters = ['abs', 'append', 'array_to_sentence_string', 'at_least', 'at_most', 'base64_decode', 'base64_encode', 'capitalize', 'ceil', 'cgi_escape', 'compact', 'concat', 'date', 'date_to_long_string', 'date_to_rfc822', 'date_to_string',
  'date_to_xmlschema', 'default', 'divided_by', 'downcase', 'escape', 'escape_once', 'find', 'find_exp', 'find_index', 'find_index_exp', 'first', 'floor', 'group_by', 'group_by_exp', 'has', 'has_exp', 'hmac_sha256', 'inspect', 'join', 'json', 'jsonify',
  'last', 'lstrip', 'map', 'minus', 'modulo', 'newline_to_br', 'normalize_whitespace', 'number_of_words', 'plus', 'pop', 'prepend', 'push', 'raw', 'reject', 'reject_exp', 'remove', 'remove_first', 'remove_last', 'replace', 'replace_first',
  'replace_last', 'reverse', 'round', 'rstrip', 'sha256', 'shift', 'size', 'slice', 'slugify', 'sort', 'sort_natural', 'split', 'squish', 'strip', 'strip_html', 'strip_newlines', 'sum', 'times', 'to_integer', 'truncate', 'truncatewords',
  'uniq', 'unshift', 'upcase', 'uri_escape', 'url_decode', 'url_encode', 'where', 'where_exp', 'xml_escape', 'unknown_filter']
const formats = ['%Y-%m-%d', '%A %a %B %b %e %-d %j', '%H:%M:%S.%L %p %P %I %l %k', '%s %z %:z %Z', '%U %W %u %w %C %y', '%q %N %3N %x %X %c', '%^a %#B %10Y %_5d %05e %-m %% %t|%n %Q %', '%E %OY']
const expressions = ["item.age > 26", "item.name == 'bob'", 'item', 'item contains "a"', 'item.on', 'item.age', 'item > 1', 'item.tags.size']

export function generator(seed) {
  let state = seed >>> 0
  const random = () => { state = (state + 0x6d2b79f5) | 0; let t = Math.imul(state ^ (state >>> 15), 1 | state); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296 }
  const below = count => Math.floor(random() * count)
  const chance = probability => random() < probability
  const one = list => list[below(list.length)]
  const many = (max, make) => Array.from({ length: below(max + 1) }, make)

  function path() {
    let text = one(names)
    for (const _ of many(2, () => 0)) text += chance(0.7) ? '.' + one(members) : `[${one(['0', '1', '-1', '"name"', "'size'", 'key', 'index', 'one', '"odd key"', '99', '1.5', 'nothing'])}]`
    return text
  }
  const number = () => one(['0', '1', '2', '3', '-1', '-2', '5', '10', '1.5', '0.1', '-0.5', '100', '3.14159', '1e3', '+4', '2.'])
  const string = () => one(['"a"', "'b'", '""', '" "', '","', '"o"', "'two'", '"Hello World"', '"é"', '"😀"', "'name'", "'age'", '"tags.size"', '"\\n"', '"\\u0041\\x"', '"it\'s"', "'where.city'", '"%d %b"', '"bob"', '"-"', '"a b c"', '"<i>"', "'1'", "'x y'"])
  const range = () => `(${one(['1', '0', '-2', 'one', 'zero', '3', "'2'"])}..${one(['3', '5', '2', 'index', 'numbers.size', '1', 'half', 'missing'])})`
  function value() {
    const kind = random()
    if (kind < 0.5) return path()
    if (kind < 0.65) return number()
    if (kind < 0.85) return string()
    if (kind < 0.93) return one(['true', 'false', 'nil', 'null', 'empty', 'blank'])
    return range()
  }
  function condition() {
    let text = (chance(0.1) ? 'not ' : '') + value()
    if (chance(0.7)) text += ` ${one(['==', '!=', '<', '>', '<=', '>=', 'contains'])} ${value()}`
    for (const _ of many(2, () => 0)) text += ` ${one(['and', 'or'])} ${chance(0.5) ? value() : `${value()} ${one(['==', '!=', '<', '>', 'contains'])} ${value()}`}`
    return text
  }
  function filter() {
    const name = one(filters)
    let list = many(2, value)
    if (name.endsWith('_exp')) list = ["'item'", `"${one(expressions).replaceAll('"', "'")}"`]
    else if (name === 'date') list = chance(0.8) ? [`"${one(formats)}"`, ...(chance(0.3) ? [one(['"America/New_York"', '"Asia/Kolkata"', '360', '-90', '"Europe/Berlin"', '"Nowhere/Land"', 'nil', 'missing'])] : [])] : list
    else if (name === 'slugify' && chance(0.7)) list = [one(['"raw"', '"pretty"', '"ascii"', '"latin"', '"none"', '"default"'])]
    else if (name === 'default' && chance(0.5)) list = [value(), 'allow_false: true']
    else if (['where', 'reject', 'find', 'has', 'find_index', 'group_by', 'sum', 'map', 'sort', 'sort_natural'].includes(name) && chance(0.8)) list = [one(["'name'", "'age'", "'on'", "'tags'", "'where.city'", '"size"']), ...(chance(0.4) ? [value()] : [])]
    else if (['append', 'prepend'].includes(name) && chance(0.9)) list = [value()]
    else if (['replace', 'replace_first', 'replace_last'].includes(name)) list = [string(), string()]
    else if (['slice', 'truncate', 'truncatewords', 'plus', 'minus', 'times', 'divided_by', 'modulo', 'round', 'at_most', 'at_least'].includes(name) && chance(0.9)) list = [number(), ...(chance(0.3) ? [number()] : [])]
    return name + (list.length ? ': ' + list.join(', ') : '')
  }
  function filtered() {
    let text = chance(0.85) ? value() : condition()
    for (const _ of many(3, () => 0)) text += ' | ' + filter()
    return text
  }

  const dash = () => (chance(0.15) ? '-' : '')
  const tag = inner => `{%${dash()} ${inner} ${dash()}%}`
  const text = () => one([' ', 'text', '\n', ' a b ', '\n\n  ', '{', '}', '%', '{ {', 'é😀', '"', "'", '.', '\t'])
  function argument_list() {
    return many(3, () => one([() => `limit: ${value()}`, () => `limit:${number()}`, () => `offset: ${number()}`, () => 'offset: continue', () => 'reversed', () => `cols: ${number()}`, () => `offset: ${value()}`])()).join(one([' ', ', ']))
  }
  const collection = () => one([path, range, () => 'people', () => 'numbers', () => 'object', () => 'texts', () => 'nested', () => 'name'])()

  function piece(depth) {
    const body = () => pieces(depth - 1)
    const simple = [text, text, () => `{{${dash()} ${filtered()} ${dash()}}}`, () => `{{${dash()}${filtered()}${dash()}}}`, () => tag(`assign ${one(['x', 'y', 'item', 'name', 'counter'])} = ${filtered()}`), () => tag(`echo ${filtered()}`), () => tag(`increment ${one(['counter', 'x', 'one'])}`),
      () => tag(`decrement ${one(['counter', 'x', 'zero'])}`), () => tag(`cycle ${chance(0.4) ? one(["'g': ", 'one: ', 'missing:']) : ''}${[value(), ...many(2, value)].join(', ')}`), () => `{{ ${one(['date', 'old', 'stamp', '"now"', 'half'])} | date: "${one(formats)}"${one(['', ', "Asia/Tokyo"', ', 90'])} }}`, () => tag('break'), () => tag('continue'),
      () => `${tag('comment')}${text()}{{ x }}${tag('endcomment')}`, () => `{%${dash()} raw ${dash()}%}${text()}{{ x }}{% y %}{% endraw ${dash()}%}`, () => tag(`# ${one(['a comment', 'two\n# lines', 'a', 'b', 'c', 'd', 'bad\n lines'])}`),
      () => tag(`liquid\n  assign x = ${filtered()}\n  ${one(['echo x', 'for i in (1..2)\n echo i\n endfor', 'if x\n echo "yes"\n else\n echo "no"\n endif', '# c', ''])}\n`),
      () => tag(`include '${one(['plain', 'uses', 'loops', 'absent', '{{ key }}'])}'${one(['', ', x: 1', ` with ${value()}`, ', x: name y: "b"'])}`), () => tag(`render "${one(['plain', 'uses', 'loops', 'absent', 'breaks'])}"${one(['', `, x: ${value()}`, ` with ${value()} as x`, ` for ${collection()} as x`, ` for ${collection()} as x, y: 2`])}`)]
    const deep = [() => `${tag('if ' + condition())}${body()}${chance(0.3) ? tag('elsif ' + condition()) + body() : ''}${chance(0.5) ? tag('else') + body() : ''}${tag('endif')}`, () => `${tag('unless ' + condition())}${body()}${chance(0.3) ? tag('elsif ' + condition()) + body() : ''}${chance(0.5) ? tag('else') + body() : ''}${tag('endunless')}`,
      () => `${tag('case ' + filtered())}${chance(0.2) ? text() : ''}${many(3, () => tag('when ' + [value(), ...many(2, value)].join(one([', ', ' or ']))) + body()).join('')}${chance(0.5) ? tag('else') + body() : ''}${tag('endcase')}`,
      () => `${tag(`for ${one(['item', 'x', 'i'])} in ${collection()} ${argument_list()}`)}${body()}${chance(0.2) ? tag('else') + body() : ''}${tag('endfor')}`, () => `${tag(`for item in ${collection()}`)}{{ item }}{{ forloop.index }}${body()}${tag('endfor')}`,
      () => `${tag(`tablerow ${one(['item', 'x'])} in ${collection()} ${argument_list()}`)}${body()}${tag('endtablerow')}`, () => `${tag(`capture ${one(['x', 'y', '"item"'])}`)}${body()}${tag('endcapture')}`]
    return depth > 0 && chance(0.4) ? one(deep)() : one(simple)()
  }
  function pieces(depth) { return Array.from({ length: 1 + below(4) }, () => piece(depth)).join('') }

  function damaged(template) {
    const at = below(template.length + 1)
    return one([() => template.slice(0, at) + template.slice(at + 1 + below(3)), () => template.slice(0, at) + one(['{%', '%}', '{{', '}}', '|', ':', ',', '"', "'", '(', ')', '[', ']', '.', '-', '{% else %}', '{% endif %}', '{% endfor %}', '{% elsif x %}', '{% bogus %}', '=', ' ', '\n', '😀', '{% raw %}', '{% endraw %}', '!', '#']) + template.slice(at), () => template.slice(0, at)])()
  }
  const templates = { plain: 'plain {{ name }}', uses: '[{{ x }}{{ y }}{{ uses }}]{% assign z = 1 %}', loops: '{% for i in (1..2) %}{{ i }}{{ x }}{% endfor %}', name: 'by name', breaks: 'a{% break %}b', broken: '{% if %}' }
  return {
    next() {
      let template = pieces(3)
      if (chance(0.25)) template = damaged(template)
      return { text: template.toWellFormed(), context, templates }
    },
  }
}
