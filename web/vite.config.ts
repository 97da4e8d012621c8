import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

declare const process: { env: Record<string, string | undefined> };

// The bundle is served by the binary under `default-src 'self'`: nothing may be inlined as a data: address,
// and every chunk must be a file of its own.
export default defineConfig({
  plugins: [react(), tailwind()],
  build: { target: 'es2022', assetsInlineLimit: 0, sourcemap: false, manifest: true, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': process.env.RAMIFY_URL ?? 'http://127.0.0.1:8080' } },
  test: { include: ['tests/**/*.test.ts'] },
});
