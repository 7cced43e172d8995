import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// GraphiQL brings its fonts as data: URLs, 380 kB of them. The system's own
// fonts serve as well, and the policy can do without font-src.
const withoutFonts = {
  name: 'without-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (!/graphiql\/dist\/style\.css/.test(id)) return;
    const css = code.replace(/@font-face\s*\{[^}]*\}/g, '');
    if (css.length === code.length || css.includes('font/woff')) this.error('the fonts are no longer where they were');
    return { code: css, map: null };
  },
};

export default defineConfig({
  root: here('./graphiql'),
  base: '/graphiql/',
  plugins: [withoutFonts],
  resolve: {
    alias: {
      // It is not exported; page.jsx says what it is for.
      'plugin-store': here('./node_modules/@graphiql/react/dist/plugin.js'),
      // It writes <style> elements, which the policy does not allow.
      'react-style-singleton': here('./graphiql/sheet.js'),
    },
  },
  build: {
    outDir: here('./dist/graphiql'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: true,
    chunkSizeWarningLimit: 1500,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      output: { codeSplitting: false },
      // "use client" means nothing here.
      onLog: (level, log, next) => log.code === 'MODULE_LEVEL_DIRECTIVE' || next(level, log),
    },
  },
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:8080', ws: true } } },
});
