import { defineConfig } from 'vitest/config'
import { pageInTests } from './scripts/page.mjs'

export default defineConfig({
  plugins: [pageInTests],
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
