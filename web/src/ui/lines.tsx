import { memo } from 'react';
import type { ChangeLine } from '../change_text';

const look = { '+': 'bg-accent-soft', '-': 'bg-danger-soft', ' ': '' };
/** A diff of more lines than this is cut: the files tab shows whole files. */
const lines_max = 1500;

/** Lines of a diff; added and removed are told apart by sign as well as colour. */
export const Lines = memo(function Lines({ lines }: { lines: ChangeLine[] }) {
  return (
    <pre className="w-max min-w-full font-mono text-[0.78rem] leading-[1.55]">
      {lines.slice(0, lines_max).map((line, index) => (
        <div key={index} className={`px-2 ${look[line.sign]}`}>
          <span aria-hidden className={`mr-2 inline-block w-3 select-none text-center ${line.sign === '+' ? 'text-accent' : line.sign === '-' ? 'text-danger' : 'text-muted'}`}>{line.sign}</span>
          {line.text || ' '}
        </div>
      ))}
      {lines.length > lines_max && <div className="px-2 text-muted">⋯ {lines.length - lines_max}</div>}
    </pre>
  );
});
