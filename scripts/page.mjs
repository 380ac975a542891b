// The script of the interactive map: bundled for browsers, and given to the program as a text by `import … from 'page:map'`.
import { build } from 'esbuild'

const root = decodeURIComponent(new URL('..', import.meta.url).pathname)

/** A module of one text: `export const script = '…'`. */
export async function pageModule() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/export/html/page/main.ts'],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    minify: true,
    // The element that holds it ends at the first of these.
    supported: { 'inline-script': false },
    legalComments: 'none',
    logLevel: 'warning',
  })
  return `export const script = ${JSON.stringify(outputFiles[0].text.trim())}`
}

/** For esbuild. */
export const pageInBundle = {
  name: 'page-of-the-map',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^page:map$/ }, () => ({ path: 'map', namespace: 'page' }))
    onLoad({ filter: /.*/, namespace: 'page' }, async () => ({ contents: await pageModule(), loader: 'js' }))
  },
}

/** For vitest. */
export const pageInTests = {
  name: 'page-of-the-map',
  enforce: 'pre',
  resolveId: id => (id === 'page:map' ? '\0page:map' : null),
  load: id => (id === '\0page:map' ? pageModule() : null),
}
