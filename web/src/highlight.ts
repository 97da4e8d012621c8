// Light code colouring: comments, strings, numbers, keywords and called names, by one pass over the text.
// It serves every language with C-like, hash or markup comments well enough for a chat.
export interface Piece { text: string; kind: 'comment' | 'string' | 'number' | 'keyword' | 'name' | null }

const keywords = new Set(
  ('abstract as async await auto bool break case catch class const constexpr continue def default del delete do elif else enum except export extends extern '
  + 'false final finally fn for from func function if implements import in int interface is lambda let match mod mut namespace new nil none None not null of or pass '
  + 'package private protected pub public raise readonly return select self Self static string struct super switch template this throw trait true True False try type typeof '
  + 'undefined union unsigned use using var virtual void where while with yield insert update create table into values and order by group').split(' '),
);
const hash_comments = new Set(['sh', 'bash', 'shell', 'python', 'py', 'ruby', 'rb', 'yaml', 'yml', 'toml', 'dockerfile', 'makefile', 'ini', 'perl']);
const length_max = 40_000;

export function highlight(code: string, language: string): Piece[] {
  if (code.length > length_max || language === 'text' || language === 'plain') return [{ text: code, kind: null }];
  const comment = hash_comments.has(language.toLowerCase()) ? '#[^\\n]*' : language === 'sql' ? '--[^\\n]*' : '\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)|<!--[\\s\\S]*?(?:-->|$)';
  const token = new RegExp(`(${comment})|("(?:\\\\.|[^"\\\\\\n])*"?|'(?:\\\\.|[^'\\\\\\n])*'?|\`(?:\\\\.|[^\`\\\\])*\`?)|(\\b\\d[\\w.]*\\b|#[0-9a-fA-F]{3,8}\\b)|([A-Za-z_$][\\w$]*)(?=(\\s*\\()?)`, 'g');
  const pieces: Piece[] = [];
  let end = 0;
  for (const found of code.matchAll(token)) {
    const [text, is_comment, is_string, is_number, word, is_called] = found;
    const kind = is_comment ? 'comment' : is_string ? 'string' : is_number ? 'number' : keywords.has(word!) ? 'keyword' : is_called ? 'name' : null;
    if (!kind) continue;
    if (found.index > end) pieces.push({ text: code.slice(end, found.index), kind: null });
    pieces.push({ text, kind });
    end = found.index + text.length;
  }
  if (end < code.length) pieces.push({ text: code.slice(end), kind: null });
  return pieces;
}
