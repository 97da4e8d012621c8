import { describe, expect, it } from 'vitest';
import { change_counts, change_lines, patch_lines } from '../src/change_text';
import { empty_preview, fold_preview_all } from '../src/preview_state';
import { match } from '../src/router';

const edit = '<<<<<<< SEARCH\na\nold\nz\n=======\na\nnew\nnewer\nz\n>>>>>>> REPLACE\n';

describe('a change card', () => {
  it('shows a written file as added lines', () => {
    expect(change_counts(change_lines('write', 'a\nb\n'))).toEqual({ added: 2, removed: 0 });
    expect(change_lines('write', '')).toEqual([]);
  });

  it('shows an edit as what differs', () => {
    expect(change_lines('search-replace', edit).map((line) => line.sign + line.text)).toEqual([' a', '-old', '+new', '+newer', ' z']);
  });

  it('never shows the markers, however little has arrived', () => {
    for (let end = 0; end <= edit.length; end++)
      for (const line of change_lines('search_replace', edit.slice(0, end))) expect(line.text).not.toMatch(/^[<=>]{7}/);
  });

  it('reads a unified patch', () => {
    expect(patch_lines('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+--- c\n\\ No newline at end of file\n').map((line) => line.sign + line.text)).toEqual([' a', '-b', '+--- c']);
  });
});

describe('a preview', () => {
  const event = (type: string, data: object) => ({ id: '1', type, data: { type, ...data } });
  it('keeps a bounded log without colours, and each error once', () => {
    const lines = Array.from({ length: 2500 }, (_, index) => event('preview.log', { source: 'server', text: `\u001b[32mline ${index}\u001b[0m\n` }));
    const fault = event('preview.error', { message: 'boom', file: 'a.ts', line: 1, column: 2, fingerprint: 'f' });
    const state = fold_preview_all(empty_preview, [...lines, fault, fault]);
    expect(state.log).toHaveLength(2000);
    expect(state.log.at(-1)!.text).toBe('line 2499');
    expect(state.faults).toMatchObject([{ message: 'boom', count: 2 }]);
    expect(fold_preview_all(state, [event('preview.version', { version_id: 'v2' })]).faults).toEqual([]);
  });
});

describe('addresses', () => {
  it('match whole', () => {
    expect(match('/apps/:app_id', '/apps/app_1/')).toEqual({ app_id: 'app_1' });
    expect(match('/apps/:app_id', '/apps')).toBeNull();
    expect(match('', '/')).toEqual({});
    expect(match('/apps/:app_id', '/apps/%E0%A4%A')).toBeNull();
  });
});
