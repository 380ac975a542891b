/** All keys, commands and symbols on one page. */
import { type Line, type Size, span, widthOf } from '../line.ts'
import { besides, blank } from '../rows/panel.ts'
import { faint, marked, strong, tunnelSymbols } from '../rows/words.ts'
import { type Body, textRows, type View } from './view.ts'

/** It needs no observation. */
export const help: View & { lines(room: Size): readonly Line[] } = {
  name: 'help',
  title: () => 'help',
  sorts: [],
  filters: false,
  hints: [],
  lines,
  body: (_, room): Body => ({ rows: textRows(lines(room)), empty: '' }),
}

function lines({ columns }: Size): readonly Line[] {
  const [left, right] = [keyLines(), wordLines()]
  const half = Math.floor((columns - 2) / 2)
  return columns >= 120 ? besides(left, right, columns - 2, half) : [...left, blank, ...right]
}

const keys: readonly (readonly [title: string, of: readonly (readonly [string, string])[]])[] = [
  [
    'MOVING',
    [
      ['j k  ↓ ↑', 'next and previous row'],
      ['g G  Home End', 'first and last row'],
      ['PgDn PgUp', 'a page'],
      ['ctrl-d ctrl-u', 'half a page'],
      ['h l', 'column of the matrix; arrows too'],
      ['Enter', 'open what is selected'],
      ['Esc', 'back; clears a filter first'],
      ['q', 'back; from the first crumb: leave'],
    ],
  ],
  [
    'VIEWS',
    [
      ['1 to 8', 'overview hosts links matrix services drift events what-if'],
      ['Tab', 'the next of them'],
      ['y', 'what is selected, as YAML'],
      ['?', 'this page'],
    ],
  ],
  [
    'LISTS',
    [
      ['/', 'filter: all of these words; !word: not it; tesla>bohr'],
      ['s  S', 'next order; the other way round'],
      ['p', 'pause: what is shown stays'],
      ['r', 'look again now'],
      ['ctrl-c', 'leave'],
    ],
  ],
  [
    'COMMANDS',
    [
      [':', 'Tab completes'],
      [':host tesla', 'one host; :service db, :links tesla'],
      [':whatif', 'space marks what is lost, a: what is down now'],
      [':pause :refresh', 'as p and r'],
      [':q', 'leave'],
    ],
  ],
]

const keyLines = (): readonly Line[] =>
  keys.flatMap(([title, of], i) => [
    ...(i === 0 ? [] : [blank]),
    [strong(title)],
    ...of.map(([key, does]): Line => [
      span('  '),
      span(key.padEnd(key.length + Math.max(1, 17 - widthOf(key))), 'accent'),
      span(does),
    ]),
  ])

const wordLines = (): readonly Line[] => [
  [strong('SYMBOLS')],
  [span('  '), marked('ok', 'ok'.padEnd(15)), span('it does its work')],
  [span('  '), marked('warn', 'warn'.padEnd(15)), span('it works, and something is wrong')],
  [span('  '), marked('bad', 'bad'.padEnd(15)), span('it does not do its work')],
  [span('  '), marked('unknown', 'unknown'.padEnd(15)), span('nobody can say')],
  blank,
  [strong('HOSTS')],
  ...fact('up', 'it answers'),
  ...fact('stale', 'it did not answer the last time'),
  ...fact('down', 'nor the time before'),
  blank,
  [strong('TUNNELS'), faint('  each has two directions, told by the end that sends')],
  ...fact(`${tunnelSymbols.up} up`, 'packets cross in both directions'),
  ...fact(`${tunnelSymbols.lossy} lossy`, 'it works, but echo requests are lost'),
  ...fact(`${tunnelSymbols.stale} stale`, 'its handshake is older than it should be'),
  ...fact(`${tunnelSymbols['one-way']} one-way`, 'packets arrive at one of its ends only'),
  ...fact(`${tunnelSymbols.down} down`, 'nothing crosses'),
  ...fact(`${tunnelSymbols.unknown} unknown`, 'nobody had to send, or its host does not tell'),
  blank,
  [strong('SERVICES')],
  ...fact('wanted', 'instances in the plan'),
  ...fact('placed', 'their jails run'),
  ...fact('running', 'they answer and do their work'),
]

const fact = (word: string, means: string): readonly Line[] => [[span(`  ${word.padEnd(17)}`), span(means)]]
