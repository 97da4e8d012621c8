import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Root } from './app';
import './styles.css';
import { start_theme } from './theme';

start_theme();
createRoot(document.getElementById('root')!).render(<StrictMode><Root /></StrictMode>);
