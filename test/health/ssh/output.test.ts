/** The parts of an answer, as the script of a look sends them, and as somebody who lies would. */
import { describe, expect, test } from 'vitest'
import { readOutput } from '../../../src/health/ssh/output.ts'

const nonce = 'c0ffee'

describe('lines', () => {
  const output = (...lines: readonly string[]) =>
    readOutput(lines.map(line => `${nonce} ${line}\n`).join(''), nonce).parts.get('a')

  test('what was folded is whole again', () =>
    expect(output('begin', 'a +one ', 'b =between', 'a +two ', 'a =three', 'a =', 'a !0')).toEqual({
      lines: ['one two three', ''],
      status: 0,
    }))

  test('a part that did not end has no status', () => expect(output('a =x')?.status).toBeNull())

  test('control characters and escapes are gone, whoever sent them', () =>
    expect(output('a =\u001b[31mred\u0007\u0000\u009b1m\u202e')?.lines).toEqual(['[31mred1m']))

  test('nothing counts after the end', () => expect(output('a =x', 'end', 'a !0')?.status).toBeNull())

  test('lines behind another word, or behind none, are noise', () => {
    const text = `motd\ndeadbeef a =forged\na =forged\n${nonce}x a =forged\n${nonce}  a =forged\n${nonce} a =true\n`
    expect(readOutput(text, nonce).parts.get('a')?.lines).toEqual(['true'])
  })

  test('an answer that looks like a marker is an answer', () =>
    expect(output(`a =${nonce} pf !0`, 'a =end', `a +${nonce} `, 'a =end', 'a !1')).toEqual({
      lines: [`${nonce} pf !0`, 'end', `${nonce} end`],
      status: 1,
    }))

  test('what nobody asked for is noise, and who says more than was asked for is not heard to the end', () => {
    const said = [
      'a =1234567',
      'a =9',
      'a !0',
      'b =12345678',
      'b =9',
      'b !0',
      'c =x',
      'c !0',
      'd +12345',
      'd =678',
      'd !0',
    ]
    const asked = ['a', 'b', 'd'].map(name => ({ name, bytes: 9 }))
    const { parts } = readOutput(said.map(line => `${nonce} ${line}\n`).join(''), nonce, asked)
    expect(Object.fromEntries(parts)).toEqual({
      a: { lines: ['1234567', '9'], status: 0 },
      b: { lines: ['12345678'], status: null },
      d: { lines: ['12345678'], status: 0 },
    })
  })

  test('names of objects are names', () => {
    const { parts } = readOutput(`${nonce} __proto__ =x\n${nonce} constructor !0\n`, nonce)
    expect(parts.get('__proto__')?.lines).toEqual(['x'])
  })
})
