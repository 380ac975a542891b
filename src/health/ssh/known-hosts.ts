/** Which keys a host may have, by known_hosts as in sshd(8): plain, hashed and wildcard names, ports, revoked keys. */
import { createHmac } from 'node:crypto'

export interface KnownHost {
  readonly revoked: boolean
  /** `bohr,203.0.113.7`, `[bohr]:2222`, `*.mesh.example.net,!test.*`, `|1|salt|hash` */
  readonly names: string
  /** `ssh-ed25519` */
  readonly type: string
  /** As on the wire, in base64. */
  readonly key: string
}

/** Lines that are none are passed over, as ssh(1) does; so are keys of authorities, which sign others. */
export const parseKnownHosts = (text: string): readonly KnownHost[] =>
  text.split('\n').flatMap(line => {
    const words = line.trim().split(/[ \t]+/)
    const mark = words[0]?.startsWith('@') ? words.shift() : undefined
    const [names = '', type = '', key = ''] = words
    if (names === '' || names.startsWith('#') || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return []
    if (mark !== undefined && mark !== '@revoked') return []
    return [{ revoked: mark === '@revoked', names, type, key }]
  })

export type Verdict = 'known' | 'unknown' | 'changed' | 'revoked'

/** By which of its names its keys are known: by the first that has any, as for ssh(1) all that counts is how it is called. */
export const knownAs = (known: readonly KnownHost[], names: readonly string[]): string | null =>
  names.find(name => known.some(one => !one.revoked && isFor(one, name))) ?? null

/** `names`: all that the host is called by, the surest first; see {@link nameAt}. Revoked is what is so by any of them. */
export function judgeKey(known: readonly KnownHost[], names: readonly string[], key: Uint8Array): Verdict {
  const text = Buffer.from(key).toString('base64')
  const same = known.filter(one => sameKey(one.key, text))
  if (same.some(one => one.revoked && names.some(name => isFor(one, name)))) return 'revoked'
  const name = knownAs(known, names)
  if (name === null) return 'unknown'
  return same.some(one => !one.revoked && isFor(one, name)) ? 'known' : 'changed'
}

const sameKey = (a: string, b: string): boolean => a.replace(/=+$/, '') === b.replace(/=+$/, '')

/** Types of its known keys: a host that has several should show one of these. */
export function knownTypes(known: readonly KnownHost[], names: readonly string[]): readonly string[] {
  const name = knownAs(known, names)
  if (name === null) return []
  return [...new Set(known.filter(one => !one.revoked && isFor(one, name)).map(({ type }) => type))]
}

/** How known_hosts writes a name or an address with its port. */
export const nameAt = (name: string, port: number): string => (port === 22 ? name : `[${name}]:${port}`)

function isFor({ names }: KnownHost, name: string): boolean {
  const lower = name.toLowerCase()
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? []
  if (salt !== undefined && hash !== undefined)
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(lower).digest('base64') === hash
  const patterns = names.toLowerCase().split(',')
  if (patterns.some(pattern => pattern.startsWith('!') && matches(pattern.slice(1), lower))) return false
  return patterns.some(pattern => !pattern.startsWith('!') && matches(pattern, lower))
}

/** `*` is any text, `?` any one character; nothing else has a meaning. */
function matches(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text
  // Goes back to the latest star only: no pattern takes longer than the product of the lengths.
  let [p, t, star, mark] = [0, 0, -1, 0]
  while (t < text.length) {
    if (pattern[p] === '*') [star, mark, p] = [p, t, p + 1]
    else if (pattern[p] === '?' || pattern[p] === text[t]) [p, t] = [p + 1, t + 1]
    else if (star >= 0) [p, mark, t] = [star + 1, mark + 1, mark + 1]
    else return false
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}
