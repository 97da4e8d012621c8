// Writes unicode.cpp: node src/base/unicode.mjs > src/base/unicode.cpp
const hex = code => '0x' + code.toString(16).toUpperCase()
const isSurrogate = code => code >= 0xd800 && code < 0xe000
const bytes = text => '"' + [...Buffer.from(text)].map(byte => '\\x' + byte.toString(16).toUpperCase().padStart(2, '0')).join('') + '"'

function cases(map) {
  const ranges = [], specials = []
  for (let code = 128; code < 0x110000; ++code) {
    if (isSurrogate(code)) continue
    const mapped = map(String.fromCodePoint(code)), first = mapped.codePointAt(0)
    if (mapped.length > (first > 0xffff ? 2 : 1)) { specials.push(`{${hex(code)}, ${bytes(mapped)}}`); continue }
    if (first === code) continue
    const last = ranges.at(-1), gap = last && code - last.last
    if (last && last.delta === first - code && (last.first === last.last ? gap <= 2 : gap === last.step)) { last.step = gap; last.last = code }
    else ranges.push({ first: code, last: code, step: 1, delta: first - code })
  }
  return { ranges: ranges.map(({ first, last, step, delta }) => `{${hex(first)}, ${hex(last)}, ${step}, ${delta}}`), specials }
}

const words = []
for (let code = 0; code < 0x110000; ++code) {
  if (isSurrogate(code) || !/[\p{M}\p{L}\p{Nd}]/u.test(String.fromCodePoint(code))) continue
  if (words.length && words.at(-1)[1] === code - 1) words.at(-1)[1] = code
  else words.push([code, code])
}

function rows(items) {
  const lines = ['']
  for (const item of items) {
    if (lines.at(-1).length + item.length > 140) lines.push('')
    lines[lines.length - 1] += (lines.at(-1) ? ' ' : '    ') + item + ','
  }
  return lines.join('\n')
}
const table = (type, name, items) => `constexpr ${type} ${name}_table[] = {\n${rows(items)}\n};\n`
const upper = cases(text => text.toUpperCase()), lower = cases(text => text.toLowerCase())
const tables = [
  ['CodeRange', 'word_ranges', words.map(([first, last]) => `{${hex(first)}, ${hex(last)}}`)],
  ['CaseRange', 'upper_ranges', upper.ranges], ['CaseRange', 'lower_ranges', lower.ranges],
  ['CaseSpecial', 'upper_specials', upper.specials], ['CaseSpecial', 'lower_specials', lower.specials]]
process.stdout.write(`// Made by unicode.mjs from Unicode ${process.versions.unicode}.
#include "base/unicode.h"

namespace ry {
namespace {

// clang-format off
${tables.map(([type, name, items]) => table(type, name, items)).join('')}// clang-format on

}  // namespace

${tables.map(([type, name]) => `std::span<const ${type}> ${name}() { return ${name}_table; }\n`).join('')}
}  // namespace ry
`)
