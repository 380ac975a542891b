/** The way of a packet through cryptokey routing, by the rendered wg0.conf files alone. */
import { expect } from 'vitest'
import type { Mesh } from '../../topology/mesh.ts'

/** Our own reading of wg0.conf: which prefix goes to which peer. */
export function ownersOf(text: string): { readonly peer: string; readonly prefix: string }[] {
  return text
    .split('[Peer]\n')
    .slice(1)
    .flatMap(section => {
      const peer = /^# (.*)$/m.exec(section)?.[1] ?? ''
      const allowed = /^AllowedIPs = (.*)$/m.exec(section)?.[1] ?? ''
      return allowed.split(', ').map(prefix => ({ peer, prefix }))
    })
}

const bits = (address: string): string => {
  if (!address.includes(':'))
    return address
      .split('.')
      .map(part => Number(part).toString(2).padStart(8, '0'))
      .join('')
  const [head = '', tail] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [a, b] = [groups(head), groups(tail ?? '')]
  const all = tail === undefined ? a : [...a, ...Array<string>(8 - a.length - b.length).fill('0'), ...b]
  return all.map(group => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}

const covers = (prefix: string, address: string): number => {
  const [base = '', length = ''] = prefix.split('/')
  if (base.includes(':') !== address.includes(':')) return -1
  const n = Number(length)
  return bits(address).startsWith(bits(base).slice(0, n)) ? n : -1
}

/** The peer with the longest prefix, by looking at every one. */
export function ownerOf(text: string, address: string): string | null {
  const found = ownersOf(text)
    .map(({ peer, prefix }) => ({ peer, length: covers(prefix, address) }))
    .filter(({ length }) => length >= 0)
    .toSorted((a, b) => b.length - a.length)
  const best = found.filter(({ length }) => length === found[0]?.length)
  expect(new Set(best.map(({ peer }) => peer)).size).toBeLessThan(2)
  return best[0]?.peer ?? null
}

export const wgOf = (files: ReadonlyMap<string, string>, host: string) =>
  files.get(`${host}/usr/local/etc/wireguard/wg0.conf`) ?? ''

/** Hosts from `from` to the owner of an address, by the rendered files alone. */
export function wayTo(files: ReadonlyMap<string, string>, mesh: Mesh, from: string, address: string): string[] | null {
  const way = [from]
  for (let here = from; way.length <= 8;) {
    const host = mesh.hosts.find(h => h.name === here)
    if (host?.address.inet.text === address || host?.address.inet6.text === address) return way
    const next = ownerOf(wgOf(files, here), address)
    if (next === null) return null
    way.push(next)
    here = next
  }
  return null
}
