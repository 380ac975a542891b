/** A small program with a screen, for the tests to drive: it counts keys, ticks, and shows what it was given to show. */
import { span, type Line } from '../../ui/line.ts'
import { runScreens } from '../../ui/run.tsx'

interface Counter {
  readonly keys: readonly string[]
  readonly ticks: number
  readonly ended: boolean
}

const controller = new AbortController()
process.exitCode = await runScreens<Counter>(
  {
    initial: { keys: [], ticks: 0, ended: false },
    onKey: (state, key) => {
      if (key.kind === 'char' && key.char === '!') throw new Error('a bug in the screens')
      if (key.kind === 'char' && key.char === '?')
        setTimeout(() => {
          throw new Error('a bug elsewhere')
        }, 1)
      const name =
        key.kind === 'char' || key.kind === 'ctrl'
          ? `${key.kind}:${key.char}`
          : key.kind === 'paste'
            ? `paste:${key.text}`
            : key.kind
      return { ...state, keys: [...state.keys.slice(-7), name], ended: key.kind === 'char' && key.char === 'q' }
    },
    frame: ({ keys, ticks }, { columns, rows }) => [
      [
        span('counter', 'title'),
        span(` ${columns}×${rows} pid ${process.pid}`),
        ...(process.env['TICKS'] === undefined ? [] : [span(` ticks ${ticks}`)]),
      ],
      [{ text: `keys ${keys.join(' ')}`, tone: 'accent', inverse: true }],
      [span('● up ', 'ok'), span('◐ stale ', 'warn'), span('○ down ', 'bad'), span('▁▂▃▄▅▆▇█ │─┌┐└┘├┤ ✓✗→…')],
      [span('\x1b]0;owned\x07\x1b[2J\x1b[31mhostile\u202e\u009b31m\r\n', 'unknown'), span('after')],
      ...Array.from({ length: Math.max(0, rows - 5) }, (_, i): Line => [
        span(`row ${i}${keys.includes('char:f') ? ` ${ticks}`.repeat(8) : ''}`),
      ]),
      [span('the last row'.padStart(columns))],
    ],
    ended: ({ ended }) => ended,
    subscribe: update => {
      const timer = setInterval(
        () => {
          update(state => ({ ...state, ticks: state.ticks + 1 }))
          if (process.env['TICKS'] !== undefined && process.stdout.writableNeedDrain) process.stderr.write('full ')
        },
        Number(process.env['TICKS'] ?? 1000),
      )
      return () => clearInterval(timer)
    },
  },
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    signal: controller.signal,
  },
)
