import type { Plugin } from 'vitest/config'

export const pageInTests: Plugin
