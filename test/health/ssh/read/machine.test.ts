/** The machine itself, as FreeBSD and Linux tell it. */
import { describe, expect, test } from 'vitest'
import { reportFor } from './answered.ts'

describe('system', () => {
  const lines = [
    'clock 1763100000',
    'kern.boottime: { sec = 1763000000, usec = 123456 } Thu Nov 13 02:13:20 2025',
    'vm.loadavg: { 0.31 0.27 0.20 }',
    ...['hw.ncpu: 8', 'hw.physmem: 1000000', 'hw.pagesize: 4096'],
    ...['vm.stats.vm.v_free_count: 10', 'vm.stats.vm.v_inactive_count: 20'],
  ]
  const release = ['14.4-RELEASE-p2', '14.4-RELEASE', '14.4-RELEASE-p2']
  const system = (...more: readonly string[]) =>
    reportFor({ system: [[...lines, ...more], 0], release: [release, 0] }).system

  test('without ZFS', () =>
    expect(system()).toEqual({
      ...{ clock: 1_763_100_000, booted: 1_763_000_000, cpus: 8, load: [0.31, 0.27, 0.2] },
      memory: { total: 1_000_000, free: 30 * 4096 },
      release: { kernel: '14.4-RELEASE-p2', running: '14.4-RELEASE', userland: '14.4-RELEASE-p2' },
    }))
  test('a host whose kernel has no file says the rest', () => {
    const report = reportFor({
      system: [lines, 0],
      release: [['freebsd-version: unable to locate kernel'], 1],
    })
    expect(report.system).toMatchObject({ cpus: 8, release: null })
    expect(report.missing['freebsd-version']).toBe('freebsd-version: unable to locate kernel')
    expect(report.missing['sysctl']).toBeUndefined()
  })
  test('what the ARC gives back counts as free', () =>
    expect(system('kstat.zfs.misc.arcstats.size: 5000', 'kstat.zfs.misc.arcstats.c_min: 1000')?.memory.free).toBe(
      30 * 4096 + 4000,
    ))
  test('no more is free than there is', () =>
    expect(system('kstat.zfs.misc.arcstats.size: 5000000', 'kstat.zfs.misc.arcstats.c_min: 0')?.memory.free).toBe(
      1_000_000,
    ))
  test('an ARC below its least takes nothing away', () =>
    expect(system('kstat.zfs.misc.arcstats.size: 10', 'kstat.zfs.misc.arcstats.c_min: 1000')?.memory.free).toBe(
      30 * 4096,
    ))
  for (const [wrong, right] of [
    ['clock 1763100000', 'clock -5'],
    ['hw.ncpu: 8', 'hw.ncpu: -8'],
    ['hw.ncpu: 8', 'hw.ncpu: 1e400'],
    ['hw.physmem: 1000000', 'hw.physmem: lots'],
    ['vm.loadavg: { 0.31 0.27 0.20 }', 'vm.loadavg: { 0.31 NaN 0.20 }'],
    ['vm.loadavg: { 0.31 0.27 0.20 }', 'vm.loadavg: { 0.31 }'],
  ])
    test(`${right ?? ''} is none`, () => {
      const report = reportFor({ system: [lines.map(line => (line === wrong ? (right ?? '') : line)), 0] })
      expect(report.system).toBeNull()
      expect(report.missing['sysctl']).toBe('its answer makes no sense')
    })
})

test('pools', () =>
  expect(
    reportFor({
      pools: [['zroot\t10\t5\tONLINE', 'tank\t-\t-\tUNAVAIL', 'x', 'a\t1\t1\t\u001b[2J', 'b\t-1\t1e9\tONLINE'], 0],
    }).pools,
  ).toEqual([
    { name: 'zroot', size: 10, allocated: 5, health: 'ONLINE' },
    { name: 'tank', size: 0, allocated: 0, health: 'UNAVAIL' },
    { name: 'b', size: 0, allocated: 0, health: 'ONLINE' },
  ]))
test('jails, without those inside of others', () =>
  expect(reportFor({ jails: [['db', 'db.inner', '', 'a b', 'x'.repeat(300)], 0] }).jails).toEqual(['db']))
