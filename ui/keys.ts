/**
 * What a terminal sends → keys that people press. Sequences by ECMA-48 and xterm's ctlseqs; a chunk may hold many keys,
 * and any of them may be split over chunks.
 */
import { printable } from './line.ts'

type Named =
  | 'enter'
  | 'escape'
  | 'tab'
  | 'backtab'
  | 'backspace'
  | 'delete'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pgup'
  | 'pgdn'
  | 'home'
  | 'end'

export type Key =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: Named }
  /** `char` is a lower-case letter. */
  | { readonly kind: 'ctrl'; readonly char: string }
  /** One line of printable text. */
  | { readonly kind: 'paste'; readonly text: string }

/**
 * Escape is a key, and the first byte of a sequence: whoever reads calls `flush` when nothing has followed for so many
 * milliseconds. What never ends is given up too, or a key like Alt-] would leave the keyboard dead.
 */
const patience = { escape: 25, sequence: 500, paste: 2000 } as const
const longestSequence = 32
const longestPaste = 4096

const ESC = 0x1b
const DEL = 0x7f
const endOfPaste = [...Buffer.from('\x1b[201~')]

const finals: Readonly<Record<string, Named>> = {
  ...{ A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end', Z: 'backtab' },
  // Of syscons(4).
  ...{ I: 'pgup', G: 'pgdn' },
}
const numbered: Readonly<Record<string, Named>> = {
  ...{ 1: 'home', 7: 'home', 4: 'end', 8: 'end', 5: 'pgup', 6: 'pgdn', 3: 'delete' },
}
const keypad: Readonly<Record<string, Named>> = {
  ...{ A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end', M: 'enter' },
}

/** string: OSC, DCS, SOS, PM or APC, until ST; skip: bytes that belong to a sequence and have no end mark. */
type State = 'ground' | 'character' | 'escape' | 'csi' | 'ss3' | 'string' | 'string-escape' | 'skip' | 'paste'

export class KeyReader {
  #state: State = 'ground'
  /** Bytes of the character, sequence or paste that is not yet whole. */
  #held: number[] = []
  /** How many bytes are still to come: of a character, or to skip. */
  #left = 0
  /** How many bytes of {@link endOfPaste} the last bytes were. */
  #matched = 0

  push(chunk: Uint8Array | string): Key[] {
    const keys: Key[] = []
    for (const byte of typeof chunk === 'string' ? Buffer.from(chunk) : chunk) this.#take(byte, keys)
    return keys
  }

  /** Milliseconds without a byte after which `flush` is due; null: nothing is unfinished. */
  get patience(): number | null {
    if (this.#state === 'ground') return null
    if (this.#state === 'paste') return patience.paste
    return this.#state === 'escape' ? patience.escape : patience.sequence
  }

  flush(): Key[] {
    const keys: Key[] = this.#state === 'escape' ? [{ kind: 'escape' }] : []
    this.#to('ground')
    return keys
  }

  #to(state: State, left = 0): void {
    this.#state = state
    this.#held = []
    this.#left = left
    this.#matched = 0
  }

  #take(byte: number, keys: Key[]): void {
    switch (this.#state) {
      case 'ground':
        return this.#ground(byte, keys)
      case 'character':
        if (byte < 0x80 || byte > 0xbf) return this.#again(byte, keys)
        this.#held.push(byte)
        if (--this.#left > 0) return
        pushChar(String(Buffer.from(this.#held)), keys)
        return this.#to('ground')
      case 'escape':
        return this.#escape(byte, keys)
      case 'csi':
        return this.#csi(byte, keys)
      case 'ss3':
        if (byte >= 0x30 && byte <= 0x3b) return
        if (byte < 0x20 || byte > 0x7e) return this.#again(byte, keys)
        pushNamed(keypad[String.fromCharCode(byte)], keys)
        return this.#to('ground')
      case 'string':
        if (byte === ESC) this.#to('string-escape')
        else if (byte === 0x07) this.#to('ground')
        else if (byte < 0x20) this.#again(byte, keys)
        return
      case 'string-escape':
        if (byte === 0x5c) return this.#to('ground')
        this.#to('escape')
        return this.#escape(byte, keys)
      case 'skip':
        if (--this.#left === 0) this.#to('ground')
        return
      case 'paste':
        return this.#paste(byte, keys)
    }
  }

  /** The sequence was broken off: the byte begins something of its own. */
  #again(byte: number, keys: Key[]): void {
    this.#to('ground')
    this.#ground(byte, keys)
  }

  #ground(byte: number, keys: Key[]): void {
    if (byte === ESC) this.#to('escape')
    else if (byte === DEL || byte === 0x08) keys.push({ kind: 'backspace' })
    else if (byte === 0x0d || byte === 0x0a) keys.push({ kind: 'enter' })
    else if (byte === 0x09) keys.push({ kind: 'tab' })
    else if (byte >= 0x01 && byte <= 0x1a) keys.push({ kind: 'ctrl', char: String.fromCharCode(byte + 0x60) })
    else if (byte >= 0x20 && byte < DEL) keys.push({ kind: 'char', char: String.fromCharCode(byte) })
    else if (byte >= 0xc2 && byte <= 0xf4) {
      this.#to('character', byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3)
      this.#held.push(byte)
    }
  }

  #escape(byte: number, keys: Key[]): void {
    const begins: Readonly<Record<string, State>> = {
      ...{ '[': 'csi', O: 'ss3', ']': 'string', P: 'string', X: 'string', '^': 'string', _: 'string' },
    }
    const state = begins[String.fromCharCode(byte)]
    if (state !== undefined) return this.#to(state)
    // ST, the end of what was given up before.
    if (byte === 0x5c) return this.#to('ground')
    keys.push({ kind: 'escape' })
    this.#again(byte, keys)
  }

  #csi(byte: number, keys: Key[]): void {
    if (byte >= 0x20 && byte <= 0x3f) {
      if (this.#held.length < longestSequence) this.#held.push(byte)
      return
    }
    if (byte < 0x40 || byte > 0x7e) return this.#again(byte, keys)
    const final = String.fromCharCode(byte)
    const parameters = String.fromCharCode(...this.#held)
    this.#to('ground')
    // Function keys of consoles (`ESC [ [ A`), and the oldest report of a mouse: three bytes of any value.
    if (parameters === '' && final === '[') return this.#to('skip', 1)
    if (parameters === '' && final === 'M') return this.#to('skip', 3)
    if (final === '~') {
      if (parameters === '200') return this.#to('paste')
      return pushNamed(numbered[parameters.replace(/;.*/, '')], keys)
    }
    // With a number of modifiers it is the same key here.
    if (/^(?:1;\d+)?$/.test(parameters)) pushNamed(finals[final], keys)
  }

  #paste(byte: number, keys: Key[]): void {
    if (byte === endOfPaste[this.#matched]) {
      if (++this.#matched < endOfPaste.length) return
      const text = oneLine(String(Buffer.from(this.#held)))
      if (text !== '') keys.push({ kind: 'paste', text })
      return this.#to('ground')
    }
    this.#hold(...endOfPaste.slice(0, this.#matched))
    this.#matched = byte === ESC ? 1 : 0
    if (byte !== ESC) this.#hold(byte)
  }

  #hold(...bytes: readonly number[]): void {
    if (this.#held.length < longestPaste) this.#held.push(...bytes)
  }
}

function pushChar(char: string, keys: Key[]): void {
  if (!char.includes('�') && printable(char) === char) keys.push({ kind: 'char', char })
}

function pushNamed(kind: Named | undefined, keys: Key[]): void {
  if (kind !== undefined) keys.push({ kind })
}

const oneLine = (text: string): string =>
  printable(text.replace(/[\s\p{Zl}\p{Zp}]+/gu, ' '))
    .replaceAll('�', '')
    .trim()
