/** What several commands take, and how it is read. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ExitCode, Io } from '../io.ts'

export interface Common {
  readonly C: string
  readonly json?: boolean
  readonly out?: string
  readonly wait?: number
}

/** What a group of commands is given to join the program. */
export interface Joining {
  readonly io: Io
  /** Its answer is the exit code. */
  readonly run: (work: Promise<ExitCode>) => Promise<void>
}

export const command = (parent: Command, name: string, description: string): Command =>
  parent
    .command(name)
    .description(description)
    .option('-C <dir>', 'the mesh directory', '.')
    .option('--json', 'for programs', false)

export const outOption = () => new Option('--out <dir>', 'the rendered tree (default: out in the mesh directory)')
export const waitOption = () =>
  new Option('--wait <seconds>', 'how long to wait for another meshwright').default(30).argParser((value: string) => {
    const seconds = Number(value)
    if (!Number.isFinite(seconds) || seconds < 0) throw new InvalidArgumentError('It is a number of seconds.')
    return seconds
  })

export const list = (value: string, before: string[] = []): string[] => [
  ...before,
  ...value.split(',').filter(word => word !== ''),
]

export function numeric(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n)) throw new InvalidArgumentError('It is a number.')
  return n
}

/** The options that are there, without the ones that belong to the command line. */
export const picked = <T extends object, K extends keyof T>(o: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.flatMap(key => (o[key] === undefined ? [] : [[key, o[key]]]))) as Pick<T, K>

export const common = (o: Common) => ({
  directory: o.C,
  json: o.json ?? false,
  wait: o.wait ?? 30,
  ...(o.out !== undefined && { out: o.out }),
})
