/** Interfaces as netstat(1) counts them, and CARP as ifconfig(8) tells it. */
import type { Carp, Interface } from '../../report.ts'
import { numberOf } from './number.ts'

const IFF_UP = 0x1
/** Without it a wg0 whose port somebody else has is `up` as well: ifconfig(8). */
const IFF_DRV_RUNNING = 0x40

/** One entry an address: those of the link count once. */
export function interfacesOf(lines: readonly string[]): readonly Interface[] | null {
  const document = parsed(lines.join(''))
  const statistics = isRecord(document) ? document['statistics'] : null
  const entries: unknown = isRecord(statistics) ? statistics['interface'] : null
  if (!Array.isArray(entries)) return null
  const found = new Map<string, Interface>()
  for (const entry of entries) {
    if (!isRecord(entry)) continue
    const { name, network, flags } = entry
    if (typeof name !== 'string' || typeof network !== 'string' || !network.startsWith('<Link#')) continue
    // A star is for one that is down.
    const [, plainName, star] = /^([\w.]{1,15})(\*?)$/.exec(name) ?? []
    if (plainName === undefined || found.has(plainName)) continue
    const bits = typeof flags === 'string' ? Number(flags) : typeof flags === 'number' ? flags : NaN
    const count = (key: string): number => numberOf(entry[key]) ?? 0
    found.set(plainName, {
      name: plainName,
      up: star === '' && (Number.isNaN(bits) || ((bits & IFF_UP) !== 0 && (bits & IFF_DRV_RUNNING) !== 0)),
      mtu: count('mtu'),
      received: count('received-bytes'),
      sent: count('sent-bytes'),
      errors: count('received-errors') + count('dropped-packets') + count('send-errors'),
    })
  }
  return [...found.values()]
}

export const carpOf = (lines: readonly string[]): readonly Carp[] =>
  lines.flatMap(line => {
    const [, name = '', state = '', vhid = ''] =
      /^([\w.]{1,15})\s+carp: (\w{1,16}) vhid ([0-9]{1,3})\b/.exec(line) ?? []
    return name === '' ? [] : [{ interface: name, vhid: Number(vhid), state }]
  })

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
