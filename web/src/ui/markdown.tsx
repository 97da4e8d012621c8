import { Check, Copy } from 'lucide-react';
import { createElement, lazy, memo, Suspense, useMemo, useState, type ReactNode } from 'react';
import { highlight } from '../highlight';
import { use_t } from '../i18n';
import { parse_markdown, type Inline, type Node } from '../markdown';
import { navigate } from '../router';
import { IconButton } from './kit';

const Diagram = lazy(() => import('./diagram'));

/** Text with light colours. */
export const Code = memo(function Code({ text, language }: { text: string; language: string }) {
  return <>{highlight(text, language).map((piece, index) => (piece.kind ? <span key={index} className={`code-${piece.kind}`}>{piece.text}</span> : piece.text))}</>;
});

export function CopyButton({ text, className = '' }: { text: string; className?: string }) {
  const { t } = use_t();
  const [is_copied, set_copied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text).catch(() => {});
    set_copied(true);
    setTimeout(() => set_copied(false), 1500);
  };
  return <IconButton name={is_copied ? t('copied') : t('copy')} small className={className} onClick={copy}>{is_copied ? <Check /> : <Copy />}</IconButton>;
}

function CodeBlock({ node }: { node: Extract<Node, { type: 'code' }> }) {
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-sunken">
      <div className="flex h-8 items-center justify-between border-b border-line pl-3 pr-0.5 text-xs text-muted"><span>{node.language}</span><CopyButton text={node.text} /></div>
      <pre className="overflow-x-auto px-3 py-2.5 font-mono text-[0.8rem] leading-relaxed" tabIndex={0}><code><Code text={node.text} language={node.is_closed ? node.language : 'text'} /></code></pre>
    </div>
  );
}

function draw_inline(nodes: Inline[]): ReactNode[] {
  return nodes.map((node, index) => {
    switch (node.type) {
      case 'text': return node.text;
      case 'code': return <code key={index}>{node.text}</code>;
      case 'break': return <br key={index} />;
      case 'link': {
        const is_inside = node.href.startsWith('/');
        return (
          <a key={index} href={node.href} {...(is_inside ? {} : { target: '_blank', rel: 'noreferrer noopener' })}
            onClick={(event) => { if (is_inside && !event.ctrlKey && !event.metaKey) { event.preventDefault(); navigate(node.href); } }}>{draw_inline(node.children)}</a>
        );
      }
      default: return createElement(node.type, { key: index }, draw_inline(node.children));
    }
  });
}

const Drawn = memo(function Drawn({ node }: { node: Node }): ReactNode {
  switch (node.type) {
    case 'paragraph': return <p className="break-words">{draw_inline(node.children)}</p>;
    case 'heading': return createElement(`h${Math.min(node.level + 2, 6)}`, {}, draw_inline(node.children));
    case 'code': return node.language === 'mermaid' && node.is_closed ? <Suspense fallback={<CodeBlock node={node} />}><Diagram text={node.text}><CodeBlock node={node} /></Diagram></Suspense> : <CodeBlock node={node} />;
    case 'rule': return <hr />;
    case 'quote': return <blockquote>{node.children.map((child, index) => <Drawn key={index} node={child} />)}</blockquote>;
    case 'list': {
      const items = node.items.map((item, index) => (
        <li key={index}>{item.map((child, at) => (child.type === 'paragraph' ? <div key={at}>{draw_inline(child.children)}</div> : <Drawn key={at} node={child} />))}</li>
      ));
      return node.is_ordered ? <ol start={node.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return (
        <div className="overflow-x-auto">
          <table>
            <thead><tr>{node.head.map((cell, index) => <th key={index}>{draw_inline(cell)}</th>)}</tr></thead>
            <tbody>{node.rows.map((row, index) => <tr key={index}>{row.map((cell, at) => <td key={at}>{draw_inline(cell)}</td>)}</tr>)}</tbody>
          </table>
        </div>
      );
  }
}, (before, after) => JSON.stringify(before.node) === JSON.stringify(after.node));

/** Streaming-friendly: only the last block of a growing text is drawn again. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const nodes = useMemo(() => parse_markdown(text), [text]);
  return <div className="prose-chat">{nodes.map((node, index) => <Drawn key={index} node={node} />)}</div>;
});
