// A diagram that a text describes. Mermaid is loaded when the first one is there. What it draws is shown as a picture, in which
// nothing runs and from which nothing is loaded.
import type { Mermaid } from 'mermaid';
import { useEffect, useId, useState, type ReactNode } from 'react';
import { use_t } from '../i18n';

/** The package's own bundle, as a file of its own. */
const script_address = new URL('../../node_modules/mermaid/dist/mermaid.min.js', import.meta.url).href;

/** Longer descriptions stay text. */
const diagram_chars_max = 20_000;

let loading: Promise<Mermaid> | undefined;

function load_mermaid(): Promise<Mermaid> {
  loading ??= new Promise<Mermaid>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = script_address;
    script.onload = () => resolve((globalThis as unknown as { mermaid: Mermaid }).mermaid);
    script.onerror = () => {
      loading = undefined;
      reject(new Error(script_address));
    };
    document.head.append(script);
  });
  return loading;
}

async function draw(id: string, text: string, is_dark: boolean): Promise<string> {
  const mermaid = await load_mermaid();
  mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: is_dark ? 'dark' : 'neutral', htmlLabels: false, flowchart: { htmlLabels: false }, maxTextSize: diagram_chars_max, suppressErrorRendering: true });
  const { svg } = await mermaid.render(id, text);
  return cut_to_size(svg);
}

const edge_px = 8;

/** A picture is as large as what is drawn on it: it has no width of its own while it says 100 %. */
function cut_to_size(svg: string): string {
  const holder = document.createElement('div');
  holder.style.cssText = 'position:absolute;visibility:hidden;left:0;top:0';
  holder.innerHTML = svg;
  document.body.append(holder);
  const drawn = holder.querySelector('svg')!;
  const { x, y, width, height } = drawn.getBBox();
  drawn.setAttribute('viewBox', `${x - edge_px} ${y - edge_px} ${width + 2 * edge_px} ${height + 2 * edge_px}`);
  drawn.setAttribute('width', String(width + 2 * edge_px));
  drawn.setAttribute('height', String(height + 2 * edge_px));
  const whole = new XMLSerializer().serializeToString(drawn);
  holder.remove();
  return whole;
}

/** Draws the diagram, or `children` (its text) until it is drawn and when it cannot be. */
export default function Diagram({ text, children }: { text: string; children: ReactNode }) {
  const { t } = use_t();
  const id = `diagram-${useId().replace(/\W/g, '')}`;
  const [address, set_address] = useState<string | null>(null);
  const [is_dark, set_dark] = useState(document.documentElement.dataset.theme === 'dark');
  useEffect(() => {
    const watcher = new MutationObserver(() => set_dark(document.documentElement.dataset.theme === 'dark'));
    watcher.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => watcher.disconnect();
  }, []);
  useEffect(() => {
    if (text.length > diagram_chars_max) return;
    let made: string | null = null;
    let is_over = false;
    draw(id, text, is_dark).then((svg) => {
      if (is_over) return;
      made = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
      set_address(made);
    }, () => { if (!is_over) set_address(null); });
    return () => {
      is_over = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [id, text, is_dark]);
  if (!address) return children;
  return (
    <figure className="overflow-x-auto rounded-lg border border-line bg-surface p-3">
      <img src={address} alt={t('diagram_alt', { text: text.slice(0, 300) })} className="mx-auto max-w-full" />
      <figcaption><details className="mt-2 text-xs text-muted"><summary className="cursor-pointer">{t('diagram_text')}</summary><div className="mt-1.5 text-ink">{children}</div></details></figcaption>
    </figure>
  );
}
