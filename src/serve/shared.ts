/** A text that is made once, as its first reader takes it; whoever comes later reads what is there already. */
export class Shared implements Iterable<Buffer> {
  readonly #chunks: Buffer[] = []
  readonly #more: Iterator<Buffer>

  constructor(text: Iterable<string>) {
    this.#more = bytesOf(text)
  }

  *[Symbol.iterator](): Generator<Buffer, void, undefined> {
    for (let i = 0; ; i += 1) {
      const chunk = this.#chunks[i] ?? this.#next()
      if (chunk === null) return
      yield chunk
    }
  }

  #next(): Buffer | null {
    const { value, done } = this.#more.next() as IteratorResult<Buffer, void>
    if (done === true) return null
    this.#chunks.push(value)
    return value
  }
}

export function* bytesOf(text: Iterable<string>): Generator<Buffer, void, undefined> {
  for (const chunk of text) yield Buffer.from(chunk)
}
