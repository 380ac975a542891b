/** Tunnels, directed and once for both ends; and what wg(8) says of them, under the names of MindFlavor's exporter. */
import { type Fleet, tunnelBetween } from '../../health/fleet.ts'
import { type TunnelColumns } from '../../health/snapshot.ts'
import { tunnelStates } from '../../health/verdict.ts'
import { families, type FamilyName, linkStateValue } from './families.ts'
import { type Scrape, toldBy, type Value, type Writers } from './sample.ts'
import { labelsOf, labelText, numberText } from './text.ts'

/** Lines of tunnels. Of a hundred thousand only the numbers are made: what the ends are called stands ready. */
export class Links {
  readonly #tunnels: Fleet['tunnels']
  readonly #link: Ends
  readonly #wireguard: Ends
  readonly #pair: Ends

  constructor({ hosts, tunnels }: Fleet) {
    this.#tunnels = tunnels
    const names = hosts.map(({ name }) => labelText(name))
    const tail = names.map(name => `${name}"} `)
    const head = names.map(name => `{host="${name}",peer="`)
    this.#link = { head, tail }
    this.#pair = { head: names.map(name => `{a="${name}",b="`), tail }
    const [, , ...more] = families.wireguard_latest_handshake_seconds.labels
    this.#wireguard = {
      head,
      tail: hosts.map(({ name, publicKey }, i) => {
        const labels = labelsOf(more, ['wg0', publicKey ?? '', name])
        return `${names[i] ?? ''}",${labels.slice(1)} `
      }),
    }
  }

  /** A piece a host. */
  *lines(name: FamilyName, value: (link: number) => string | null, ends: Ends = this.#link): Iterable<string> {
    const { start, to } = this.#tunnels
    for (const [host, head] of ends.head.entries()) {
      const begin = name + head
      const end = start[host + 1] ?? 0
      let text = ''
      for (let link = start[host] ?? 0; link < end; link += 1) {
        const known = value(link)
        if (known !== null) text += begin + (ends.tail[to[link] ?? 0] ?? '') + known + '\n'
      }
      yield text
    }
  }

  wireguard = (name: FamilyName, value: (link: number) => string | null): Iterable<string> =>
    this.lines(name, value, this.#wireguard)

  /** Seen from the end that is before the other. */
  pairs = (name: FamilyName, value: (link: number) => string | null): Iterable<string> => {
    const { from, to } = this.#tunnels
    return this.lines(name, link => ((from[link] ?? 0) < (to[link] ?? 0) ? value(link) : null), this.#pair)
  }
}

/** By host: what a line has before the name of the peer, and from there on. */
interface Ends {
  readonly head: readonly string[]
  readonly tail: readonly string[]
}

type Name = Extract<
  FamilyName,
  | `meshwright_link_${'state' | 'rtt_seconds' | 'loss_ratio'}`
  | `meshwright_tunnel_${'state' | 'rtt_seconds'}`
  | `wireguard_${string}`
>

export function tunnelWriters(fleet: Fleet, links: Links): Writers<Name> {
  const { back } = fleet.tunnels
  const values = tunnelStates.map(state => linkStateValue[state])
  const texts = values.map(numberText)
  const peers = new PeersTold(fleet)
  const stateOf = ({ state }: TunnelColumns, link: number): Value => values[state[link] ?? 0]
  const secondsOf = ({ roundTrip }: TunnelColumns, link: number): number => (roundTrip[link] ?? NaN) / 1000
  return {
    meshwright_link_state: ({ snapshot: { tunnels } }) =>
      links.lines('meshwright_link_state', link => texts[tunnels.state[link] ?? 0] ?? null),
    meshwright_link_rtt_seconds: ({ snapshot: { tunnels } }) =>
      links.lines('meshwright_link_rtt_seconds', link => numberText(secondsOf(tunnels, link))),
    meshwright_link_loss_ratio: ({ snapshot: { tunnels } }) =>
      links.lines('meshwright_link_loss_ratio', link => numberText(tunnels.loss[link])),
    meshwright_tunnel_state: ({ snapshot: { tunnels } }) =>
      links.pairs('meshwright_tunnel_state', link =>
        numberText(ofBoth(Math.min, stateOf(tunnels, link), stateOf(tunnels, back[link] ?? -1))),
      ),
    meshwright_tunnel_rtt_seconds: ({ snapshot: { tunnels } }) =>
      links.pairs('meshwright_tunnel_rtt_seconds', link =>
        numberText(ofBoth(Math.max, secondsOf(tunnels, link), secondsOf(tunnels, back[link] ?? -1))),
      ),
    wireguard_latest_handshake_seconds: scrape => {
      const { handshake } = peers.of(scrape)
      return links.wireguard('wireguard_latest_handshake_seconds', link => numberText(handshake[link]))
    },
    wireguard_received_bytes_total: scrape => {
      const { received } = peers.of(scrape)
      return links.wireguard('wireguard_received_bytes_total', link => numberText(received[link]))
    },
    wireguard_sent_bytes_total: scrape => {
      const { sent } = peers.of(scrape)
      return links.wireguard('wireguard_sent_bytes_total', link => numberText(sent[link]))
    },
  }
}

/** Of what is known at one end or at both. */
function ofBoth(choose: (a: number, b: number) => number, a: Value, b: Value): Value {
  if (a == null || Number.isNaN(a)) return b
  if (b == null || Number.isNaN(b)) return a
  return choose(a, b)
}

/** By tunnel; NaN: not told. */
interface PeerColumns {
  /** Seconds since the epoch, by the clock of whoever watches; 0: never. */
  readonly handshake: Float64Array
  readonly received: Float64Array
  readonly sent: Float64Array
}

/** Milliseconds are lost on the way to us; two handshakes of one tunnel are five seconds apart (REKEY_TIMEOUT). */
const sameHandshake = 2

class PeersTold {
  readonly #fleet: Fleet
  /** By tunnel. Worked out anew from each report, the time of one and the same handshake would tremble. */
  readonly #handshakes: Float64Array
  #last: { readonly scrape: Scrape; readonly columns: PeerColumns } | null = null

  constructor(fleet: Fleet) {
    this.#fleet = fleet
    this.#handshakes = new Float64Array(fleet.tunnels.count).fill(NaN)
  }

  of(scrape: Scrape): PeerColumns {
    const columns = this.#last?.scrape === scrape ? this.#last.columns : this.#columnsOf(scrape)
    this.#last = { scrape, columns }
    return columns
  }

  #columnsOf({ snapshot }: Scrape): PeerColumns {
    const { tunnels } = this.#fleet
    const column = () => new Float64Array(tunnels.count).fill(NaN)
    const columns = { handshake: column(), received: column(), sent: column() }
    for (const host of snapshot.hosts) {
      const report = toldBy(host)
      if (report?.peers == null) continue
      const { to, age, received, sent } = report.peers
      // Peers mostly come in the order of the plan: the next tunnel is the first guess.
      let guess = tunnels.start[host.number] ?? 0
      for (let i = 0; i < to.length; i += 1) {
        const peer = to[i] ?? -1
        const guessed = tunnels.from[guess] === host.number && tunnels.to[guess] === peer
        const link = guessed ? guess : tunnelBetween(tunnels, host.number, peer)
        if (link < 0) continue
        guess = link + 1
        columns.handshake[link] = this.#handshakeOf(link, report.at / 1000 - (age[i] ?? NaN))
        columns.received[link] = received[i] ?? NaN
        columns.sent[link] = sent[i] ?? NaN
      }
    }
    return columns
  }

  #handshakeOf(link: number, time: number): number {
    if (Number.isNaN(time)) return 0
    const before = this.#handshakes[link] ?? NaN
    const now = Math.abs(time - before) <= sameHandshake ? before : Math.max(0, Math.round(time))
    this.#handshakes[link] = now
    return now
  }
}
