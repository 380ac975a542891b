/**
 * The preshared keys of a large full mesh, worked out by a second thread in the order in which the hosts are rendered.
 * The keys lie in shared memory: row i holds those of host i with the hosts after it. What the thread has not come to
 * yet is derived on the spot.
 */
import { Worker } from 'node:worker_threads'
import { PairKeys, type PairMember } from './pairs.ts'

export interface AheadOrder {
  readonly prk: Uint8Array
  readonly mesh: string
  readonly epoch: number
  readonly members: readonly PairMember[]
  /** Rows that are complete. */
  readonly progress: Int32Array
  readonly keys: Uint8Array
}

/** Where the key of the pair i < j of n lies. */
const offsetOf = (i: number, j: number, n: number): number => i * (2 * n - i - 1) * 16 + (j - i - 1) * 32

export class PresharedKeysAhead {
  readonly #worker: Worker
  readonly #progress: Int32Array
  readonly #keys: Buffer
  readonly #index: ReadonlyMap<string, number>
  readonly #inline: PairKeys
  readonly #out = Buffer.alloc(32)

  constructor(prk: Uint8Array, mesh: string, epoch: number, members: readonly PairMember[], program: URL) {
    const n = members.length
    const keys = new SharedArrayBuffer(n * (n - 1) * 16)
    this.#progress = new Int32Array(new SharedArrayBuffer(4))
    this.#keys = Buffer.from(keys)
    this.#index = new Map(members.map(({ name }, i) => [name, i]))
    this.#inline = new PairKeys(prk, mesh, epoch)
    const order: AheadOrder = {
      ...{ prk, mesh, epoch, progress: this.#progress, keys: new Uint8Array(keys) },
      members: members.map(({ name, keyEpoch }) => ({ name, keyEpoch })),
    }
    this.#worker = new Worker(program, { workerData: order })
    this.#worker.unref()
    // Without its help everything is derived here: slower, and the same.
    this.#worker.on('error', () => undefined)
  }

  of(at: PairMember, peer: PairMember): string {
    const [a, b] = [this.#index.get(at.name) ?? -1, this.#index.get(peer.name) ?? -1]
    const [i, j] = a < b ? [a, b] : [b, a]
    if (i >= 0 && Atomics.load(this.#progress, 0) > i) {
      const offset = offsetOf(i, j, this.#index.size)
      return this.#keys.toString('base64', offset, offset + 32)
    }
    this.#inline.derive(at, peer, this.#out)
    return this.#out.toString('base64')
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
    this.#keys.fill(0)
  }
}

/** What the second thread does. */
export function workAhead({ prk, mesh, epoch, members, progress, keys }: AheadOrder): void {
  const pairs = new PairKeys(prk, mesh, epoch)
  for (const [i, one] of members.entries()) {
    for (let j = i + 1; j < members.length; j += 1) {
      const other = members[j]
      const offset = offsetOf(i, j, members.length)
      if (other !== undefined) pairs.derive(one, other, keys.subarray(offset, offset + 32))
    }
    Atomics.store(progress, 0, i + 1)
  }
}
