import { store, stored } from './stored';

export type Theme = 'system' | 'light' | 'dark';

export const chosen_theme = (): Theme => (stored('theme') as Theme | null) ?? 'system';

function apply(): void {
  const theme = chosen_theme();
  const is_dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = is_dark ? 'dark' : 'light';
}

export function choose_theme(theme: Theme): void {
  store('theme', theme === 'system' ? null : theme);
  apply();
}

export function start_theme(): void {
  apply();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
}
