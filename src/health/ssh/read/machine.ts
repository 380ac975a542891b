/** The machine itself: sysctl(8) or /proc, freebsd-version(1), zpool-list(8), jls(8). */
import type { Pool, System } from '../../report.ts'
import { every, numberOf } from './number.ts'
import { short } from './reason.ts'

export function systemOf(lines: readonly string[], release: readonly string[]): System | null {
  const named = new Map(
    lines.flatMap(line => {
      const [, name, value] = /^([\w.():]+?):? +(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value.trim()] as const]
    }),
  )
  const value = (name: string): number | null => numberOf(named.get(name))
  const freebsd = named.has('kern.boottime')
  const [, booted] = /sec = ([0-9]+)/.exec(named.get('kern.boottime') ?? '') ?? []
  const loads = (named.get(freebsd ? 'vm.loadavg' : 'load') ?? '').replace(/[{}]/g, ' ').trim().split(/ +/)
  const [one, five, fifteen] = every(loads.map(numberOf)) ?? []
  const memory = freebsd ? memoryOf(value) : every(['MemTotal', 'MemAvailable'].map(name => kilobytes(value(name))))
  const [total, free] = memory ?? []
  const facts = every([value('clock'), freebsd ? numberOf(booted) : value('boot'), value(freebsd ? 'hw.ncpu' : 'cpus')])
  if (facts === null || one === undefined || five === undefined || fifteen === undefined) return null
  if (total === undefined || free === undefined) return null
  const [clock = 0, boot = 0, cpus = 0] = facts
  const [kernel, running, userland] = release.map(line => short(line.trim(), 40))
  return {
    ...{ clock, booted: boot, cpus, load: [one, five, fifteen] },
    memory: { total, free: Math.min(free, total) },
    release:
      kernel === undefined || running === undefined || userland === undefined ? null : { kernel, running, userland },
  }
}

const kilobytes = (value: number | null): number | null => (value === null ? null : value * 1024)

/**
 * What can be had without swapping: free pages, inactive ones (most are clean: a file has them), and what the ARC gives
 * back before it is at its least. Not the laundry: that is dirty, and much of it goes to swap.
 */
function memoryOf(value: (name: string) => number | null): readonly number[] | null {
  const pages = every(
    ['hw.physmem', 'hw.pagesize', 'vm.stats.vm.v_free_count', 'vm.stats.vm.v_inactive_count'].map(value),
  )
  if (pages === null) return null
  const [total = 0, size = 0, free = 0, inactive = 0] = pages
  const arc = (value('kstat.zfs.misc.arcstats.size') ?? 0) - (value('kstat.zfs.misc.arcstats.c_min') ?? 0)
  return [total, (free + inactive) * size + Math.max(0, arc)]
}

/** A pool that cannot be opened has `-` for its sizes. */
export const poolsOf = (lines: readonly string[]): readonly Pool[] =>
  lines.flatMap(line => {
    const [name = '', size = '', allocated = '', health = ''] = line.split('\t')
    if (!/^[\w.: -]+$/.test(name) || !/^[A-Z]+$/.test(health)) return []
    return [{ name, size: numberOf(size) ?? 0, allocated: numberOf(allocated) ?? 0, health }]
  })

/** Jails within jails (`db.inner`) are the business of those. */
export const jailsOf = (lines: readonly string[]): readonly string[] =>
  lines.map(line => line.trim()).filter(name => /^[\w-]{1,255}$/.test(name))
