import { setTimeout } from 'node:timers/promises'

/** After so many milliseconds, or at once when the signal comes; it never rejects. */
export const passed = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  setTimeout(milliseconds, undefined, { signal }).catch(() => undefined)
