/** The mark: a stem that branches. */
export const Mark = ({ className = 'size-7' }: { className?: string }) => (
  <svg viewBox="0 0 32 32" className={className} aria-hidden>
    <rect width="32" height="32" rx="8" fill="#14532f" />
    <g fill="none" stroke="#e9f6dd" strokeWidth="2.6" strokeLinecap="round"><path d="M13 26V8" /><path d="M13 19c0-5 7-3.5 7-9" /></g>
    <circle cx="13" cy="7" r="2.7" fill="#e9f6dd" />
    <circle cx="20.2" cy="9.4" r="2.7" fill="#b6e35f" />
  </svg>
);
