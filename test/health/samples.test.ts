import { expect, test } from 'vitest'
import { parseSamples } from '../../src/health/samples.ts'

const names = new Set(['up', 'x_total', 'free'])
for (const [text, expected] of [
  ['up 1', [{ name: 'up', labels: {}, value: 1 }]],
  ['up{} 0 1700000000000', [{ name: 'up', labels: {}, value: 0 }]], // with a timestamp
  ['x_total{a="b",c="d"} 1.5e+09', [{ name: 'x_total', labels: { a: 'b', c: 'd' }, value: 1.5e9 }]],
  ['x_total{a="q\\"u\\\\o\\nte}",} 2', [{ name: 'x_total', labels: { a: 'q"u\\o\nte}' }, value: 2 }]], // escapes, last comma
  ['free +Inf', [{ name: 'free', labels: {}, value: Infinity }]],
  ['free NaN', [{ name: 'free', labels: {}, value: NaN }]],
  ['free seven', []], // no number
  ['# TYPE up gauge', []],
  ['down 1', []], // nobody asked for it
  ['up{__proto__="x"} 1', [{ name: 'up', labels: Object.fromEntries([['__proto__', 'x']]), value: 1 }]],
] as const)
  test(`samples of ${text}`, () => expect(parseSamples(`\n${text}\n`, names)).toEqual(expected))
