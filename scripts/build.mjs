// Bundles the program into dist/: one file loads in half the time of a few hundred, which a run of half a second notices.
import { chmod, rm } from 'node:fs/promises'
import { bundle } from './bundle.mjs'

await rm(new URL('../dist', import.meta.url), { recursive: true, force: true })
await bundle({ meshwright: 'src/cli/main.ts', 'ahead.worker': 'src/keys/ahead.worker.ts' }, 'dist')
await chmod(new URL('../dist/meshwright.js', import.meta.url), 0o755)
