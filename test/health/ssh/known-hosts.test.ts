/** Which keys are known for a host, as ssh-keygen(1) and people write them. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { judgeKey, knownAs, knownTypes, nameAt, parseKnownHosts } from '../../../src/health/ssh/known-hosts.ts'
import { temporary } from '../../command.ts'

const [good, other] = [Buffer.from('0000000b7373682d65643235353139', 'hex'), Buffer.from('another key')]
const key = good.toString('base64')

for (const [text, names, verdict] of [
  [`bohr ssh-ed25519 ${key}`, ['bohr'], 'known'],
  [`bohr ssh-ed25519 ${key} a comment`, ['bohr'], 'known'],
  [`BOHR ssh-ed25519 ${key}`, ['bohr'], 'known'],
  [`bohr,203.0.113.7 ssh-ed25519 ${key}`, ['203.0.113.7'], 'known'],
  [`bohr ssh-ed25519 ${key}`, ['curie'], 'unknown'],
  [`bohr ssh-ed25519 ${other.toString('base64')}`, ['bohr'], 'changed'],
  [`bohr ssh-rsa ${other.toString('base64')}\nbohr ssh-ed25519 ${key}`, ['bohr'], 'known'],
  [`[bohr]:2222 ssh-ed25519 ${key}`, [nameAt('bohr', 2222)], 'known'],
  [`bohr ssh-ed25519 ${key}`, [nameAt('bohr', 2222)], 'unknown'], // another port may be another machine
  [`*.mesh.example.net ssh-ed25519 ${key}`, ['bohr.mesh.example.net'], 'known'],
  [`*.mesh.example.net,!bohr.* ssh-ed25519 ${key}`, ['bohr.mesh.example.net'], 'unknown'],
  [`boh? ssh-ed25519 ${key}`, ['bohr'], 'known'],
  [`boh? ssh-ed25519 ${key}`, ['boh'], 'unknown'],
  [`@revoked * ssh-ed25519 ${key}`, ['bohr'], 'revoked'],
  [`bohr ssh-ed25519 ${key}\n@revoked bohr ssh-ed25519 ${key}`, ['bohr'], 'revoked'],
  [`@revoked bohr ssh-ed25519 ${other.toString('base64')}`, ['bohr'], 'unknown'],
  [`@cert-authority * ssh-ed25519 ${key}`, ['bohr'], 'unknown'], // a key that signs keys is none itself
  [`bohr ssh-ed25519 ${key}\n203.0.113.7 ssh-ed25519 ${other.toString('base64')}`, ['203.0.113.7', 'bohr'], 'changed'], // another machine may be called so
  [`203.0.113.7 ssh-ed25519 ${key}\nbohr ssh-ed25519 ${other.toString('base64')}`, ['203.0.113.7', 'bohr'], 'known'],
  [`bohr ssh-ed25519 ${key}`, ['203.0.113.7', 'bohr'], 'known'],
  [`203.0.113.7 ssh-ed25519 ${key}\n@revoked bohr ssh-ed25519 ${key}`, ['203.0.113.7', 'bohr'], 'revoked'],
  [`# bohr ssh-ed25519 ${key}`, ['bohr'], 'unknown'],
  [`\n   \nbohr\nbohr ssh-ed25519\nbohr ssh-ed25519 %%%\n`, ['bohr'], 'unknown'],
  [`${'*a'.repeat(40)} ssh-ed25519 ${key}`, ['a'.repeat(39)], 'unknown'], // and at once
] as const)
  test(`${text.slice(0, 50)} for ${names.join()} is ${verdict}`, () =>
    expect(judgeKey(parseKnownHosts(text), names, good)).toBe(verdict))

test('hashed names are found, and only those that were hashed', () => {
  const directory = temporary()
  const file = join(directory, 'known_hosts')
  writeFileSync(file, `bohr ssh-ed25519 ${key}\n[curie]:2222 ssh-ed25519 ${key}\n`)
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
  const text = readFileSync(file, 'utf8')
  expect(text).not.toContain('bohr')
  const known = parseKnownHosts(text)
  expect(known).toHaveLength(2)
  expect(judgeKey(known, ['bohr'], good)).toBe('known')
  expect(judgeKey(known, ['bohr'], other)).toBe('changed')
  expect(judgeKey(known, [nameAt('curie', 2222)], good)).toBe('known')
  expect(judgeKey(known, ['curie'], good)).toBe('unknown')
})

test('the types of known keys are told, for those should be shown', () => {
  const known = parseKnownHosts(
    `bohr ssh-rsa ${key}\nbohr,x ssh-ed25519 ${key}\n@revoked bohr ssh-dss ${key}\ny ecdsa ${key}`,
  )
  expect(knownTypes(known, ['bohr'])).toEqual(['ssh-rsa', 'ssh-ed25519'])
  expect(knownTypes(known, ['z', 'y', 'bohr'])).toEqual(['ecdsa'])
  expect(knownAs(known, ['z', 'y', 'bohr'])).toBe('y')
})
