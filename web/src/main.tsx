import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Root } from './app';
import { current_language } from './i18n';
import './styles.css';
import { start_theme } from './theme';

/** A font that is later than this comes in while the page is already being read. */
const font_ms_max = 250;

start_theme();
const letters = { en: 'A', ru: 'AЯ' }[current_language()];
await Promise.race([document.fonts.load("1em 'Inter Variable'", letters).catch(() => []), new Promise((resolve) => setTimeout(resolve, font_ms_max))]);
createRoot(document.getElementById('root')!).render(<StrictMode><Root /></StrictMode>);
