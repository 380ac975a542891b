/** Whether instances of services answer, each asked as its kind wants it, and the samples of their exporters. */
import type { Sample } from '../../../services/kind.ts'
import type { Fleet, WatchedInstance } from '../../fleet.ts'
import type { Answer } from '../../report.ts'
import { parseSamples } from '../../samples.ts'
import type { Part } from '../output.ts'
import { metricsPart, probePart } from '../probe.sh.ts'
import { short } from './reason.ts'

interface Judged {
  readonly alive: boolean | null
  readonly why: string
  readonly samples?: readonly Sample[]
}

export function answerOf(
  fleet: Fleet,
  instance: WatchedInstance,
  parts: ReadonlyMap<string, Part>,
  skipped: ReadonlyMap<string, string>,
): Answer {
  const name = probePart(instance)
  const part = parts.get(name)
  const {
    alive,
    why,
    samples: more = [],
  } = part === undefined || part.status === null
    ? { alive: null, why: skipped.get(name) ?? 'no answer in time' }
    : (unasked(part) ?? judged(fleet, instance, part))
  const metrics = parts.get(metricsPart(instance))
  const samples = metrics === undefined ? null : samplesOf(instance, metrics)
  return {
    jail: instance.jail,
    alive,
    why,
    samples: samples === null && more.length === 0 ? null : [...(samples ?? []), ...more],
  }
}

/** Whoever stands between us and the service, and did not let us ask; null: it was asked. */
function unasked({ lines, status }: Part): Judged | null {
  if (lines.some(line => /^jexec: jail .* not found/.test(line))) return { alive: false, why: 'its jail does not run' }
  if (lines.some(line => line === 'needs root' || line.startsWith('doas: '))) return { alive: null, why: 'needs root' }
  const absent = lines.find(line => /^(?:jexec|timeout): .*: (?:No such file or directory|not found)/.test(line))
  if (absent !== undefined) return { alive: null, why: short(absent) }
  if (status === 127) return { alive: null, why: 'there is no such command' }
  return null
}

const silent: Judged = { alive: false, why: 'no answer' }

function judged({ domain }: Fleet, { probe }: WatchedInstance, { lines, status }: Part): Judged {
  switch (probe.kind) {
    case 'tcp':
      return status === 0 ? { alive: true, why: '' } : silent
    case 'process':
      return status === 0 ? { alive: true, why: '' } : { alive: false, why: `${probe.rc} does not run` }
    case 'redis': {
      const said = lines.find(line => /^[+-][A-Z]/.test(line))
      // An error is an answer too: it wants a password, or is still loading.
      return said === undefined ? silent : { alive: true, why: '' }
    }
    case 'http': {
      const code = codeOf(lines)
      if (code === null) return silent
      if (!probe.expect.includes(code)) return { alive: false, why: `HTTP ${code}` }
      if (probe.body === undefined) return { alive: true, why: '' }
      const body = lines.slice(lines.findIndex(line => line === '') + 1).join('\n')
      return fits(probe.body, body) ? { alive: true, why: '' } : { alive: false, why: 'another answer than expected' }
    }
    case 'dns': {
      const text = lines.join('\n')
      const code = /\brcode: ([A-Z]{1,16})\b/.exec(text)?.[1]
      if (code === undefined) return silent
      if (code !== 'NOERROR') return { alive: false, why: code }
      if (!/\bANSWER: [1-9]/.test(text)) return { alive: false, why: `knows no ${probe.name}` }
      const serial = lines
        .map(line => /^[^;\s]\S*\s+[0-9]+\s+IN\s+SOA\s+\S+\s+\S+\s+([0-9]{1,10})\b/.exec(short(line, 1000))?.[1])
        .find(found => found !== undefined)
      return {
        ...{ alive: true, why: '' },
        ...(serial !== undefined &&
          probe.name === domain && { samples: [{ name: 'meshwright_dns_serial', labels: {}, value: Number(serial) }] }),
      }
    }
  }
}

function codeOf(lines: readonly string[]): number | null {
  const code = lines.map(line => /^HTTP\/[0-9.]+ ([0-9]{3})\b/.exec(line)?.[1]).find(found => found !== undefined)
  return code === undefined ? null : Number(code)
}

function fits(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text)
  } catch {
    return false
  }
}

/** Characters: samples that somebody reads have a handful of labels, and to take endless ones apart takes time. */
const longestSample = 1000

function samplesOf({ health }: WatchedInstance, { lines }: Part): readonly Sample[] | null {
  if (codeOf(lines) !== 200) return null
  const text = lines.filter(line => line.length <= longestSample).join('\n')
  return parseSamples(text, new Set(health?.series))
}
