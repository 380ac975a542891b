// How the program is bundled: dist/ is, and programs that tests drive on a terminal.
import { build } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { pageInBundle } from './page.mjs'

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
const root = new URL('..', import.meta.url).pathname

/** Ink asks the variable DEV whether to load React's developer tools, which are no dependency, and its own package.json. */
const inkAsReleased = {
  name: 'ink-as-released',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]ink[\\/]build[\\/]utils\.js$/ }, () => ({ contents: 'export const isDev = () => false' }))
    onLoad({ filter: /[\\/]ink[\\/]build[\\/]devtools\.js$/ }, () => ({ contents: '' }))
  },
}

export const bundle = (entryPoints, outdir) =>
  build({
    absWorkingDir: decodeURIComponent(root),
    entryPoints,
    outdir,
    bundle: true,
    // What is imported when it is needed is a file of its own: a build loads no React.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    jsx: 'automatic',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    // Compiled parts of ssh2: it does without them.
    external: ['cpu-features', '*.node'],
    define: { MESHWRIGHT_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
    banner: {
      // Some of the bundled packages are CommonJS: they ask for Node's own modules by require() and for where they are.
      js: "import{createRequire as meshwrightRequire}from'node:module';const require=meshwrightRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;",
    },
    plugins: [inkAsReleased, pageInBundle],
    metafile: true,
    logLevel: 'warning',
  })
