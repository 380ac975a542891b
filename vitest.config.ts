import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { pageInTests } from './scripts/page.mjs'

export default defineConfig({
  plugins: [pageInTests],
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Much of it waits for real programs: two at once even where there are two cores, of which one would be left free.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
