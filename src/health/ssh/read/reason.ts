/** Why a part of a look told nothing, in words for people. */
import type { Part } from '../output.ts'

export function reasonOf(part: Part | undefined): string {
  if (part === undefined || part.status === null) return 'no answer in time'
  // timeout(1) says 124, and 137 when it had to kill; 127 is a command that is not there.
  if (part.status === 124 || part.status === 137) return 'no answer in time'
  if (part.status === 127) return 'there is no such command'
  if (part.status === 0) return 'its answer makes no sense'
  // What it complains of comes first, how to use it after that.
  const said = part.lines.find(line => line.trim() !== '' && !line.startsWith('clock '))?.trim() ?? ''
  if (said.startsWith('doas: ')) return 'needs root'
  return said === '' ? `exit status ${part.status}` : short(said)
}

export const short = (text: string, most = 120): string => (text.length > most ? `${text.slice(0, most - 3)}...` : text)
