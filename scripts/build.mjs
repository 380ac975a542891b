// Bundles the program into dist/: one file loads in half the time of a few hundred, which a run of half a second notices.
import { build } from 'esbuild'
import { chmod, readFile, rm } from 'node:fs/promises'

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
const root = new URL('..', import.meta.url).pathname

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true })
await build({
  absWorkingDir: decodeURIComponent(root),
  entryPoints: { meshwright: 'src/cli/main.ts', 'ahead.worker': 'src/keys/ahead.worker.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  // Compiled parts of ssh2: it does without them.
  external: ['cpu-features', '*.node'],
  define: { MESHWRIGHT_VERSION: JSON.stringify(version) },
  banner: {
    // Some of the bundled packages are CommonJS: they ask for Node's own modules by require() and for where they are.
    js: "import{createRequire as meshwrightRequire}from'node:module';const require=meshwrightRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;",
  },
  logLevel: 'warning',
})
await chmod(new URL('../dist/meshwright.js', import.meta.url), 0o755)
