import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Built into `dist/web`. Nothing is inlined as `data:` or script text: the page's content security policy forbids both. */
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
