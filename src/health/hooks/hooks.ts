/** The hooks of mesh.yaml at work: what changes goes in, programs run and chats are written to. Nothing of it ends a watch. */
import { type Diagnostic, error } from '../../../topology/diagnostic.ts'
import type { HookSpec } from '../../../topology/spec.ts'
import { printable } from '../../text/printable.ts'
import type { SecretText } from '../../keys/secret-text.ts'
import type { Event } from '../events.ts'
import { type Fleet, tunnelBetween } from '../fleet.ts'
import { levelOfTunnel, type Snapshot } from '../snapshot.ts'
import { tunnelStates } from '../verdict.ts'
import { Programs, type Run, runner } from './command.ts'
import { damp, type Damping, type Message, nothingKnown, type Rules } from './damping.ts'
import { type Places, placesOf } from './places.ts'
import { environmentOf, jsonOf, lineOf } from './text.ts'
import { type Post, poster, urlProblem, Webhook } from './webhook.ts'

export interface HooksOptions {
  readonly fleet: Fleet
  /** What people gave, by name. */
  readonly secrets: ReadonlyMap<string, SecretText>
  /** Hears what goes wrong, as {@link Hooks.notes} does. */
  readonly tell?: (note: string) => void
  readonly run?: Run
  readonly post?: Post
  /** Milliseconds that the end of the watch waits for what is still to be told. */
  readonly patience?: number
  /** Milliseconds before a webhook is asked again for the first time. */
  readonly pause?: number
}

/** Secrets that hooks ask for and nobody gave, or that are no URL. */
export function hookProblems(
  hooks: readonly HookSpec[],
  given: ReadonlyMap<string, SecretText>,
): readonly Diagnostic[] {
  return hooks.flatMap(({ does, place }): Diagnostic[] => {
    if (does.kind !== 'webhook') return []
    const { secret } = does
    const at = { ...place, path: [...place.path, 'webhook', 'secret'] }
    const hint = `meshwright secrets set ${secret} reads it from standard input.`
    const text = given.get(secret)
    if (text === undefined) return [error('secret-missing', `nobody has given the secret ${secret}`, at, hint)]
    const problem = urlProblem(text.reveal().trim())
    return problem === null ? [] : [error('bad-value', `the secret ${secret} ${problem}`, at, hint)]
  })
}

/** How many of what went wrong are remembered. */
const keptNotes = 50

interface Hook {
  readonly rules: Rules
  readonly deliver: (messages: readonly Message[]) => void
  state: Damping
}

export class Hooks {
  readonly #hooks: readonly Hook[]
  readonly #programs: Programs
  readonly #webhooks: readonly Webhook[]
  readonly #seen = new WeakSet<Event>()
  readonly #patience: number
  #notes: readonly string[] = []
  #closed = false

  /** Hooks whose secret is missing, see {@link hookProblems}, tell nobody. */
  constructor(hooks: readonly HookSpec[], options: HooksOptions) {
    const { fleet, secrets, run = runner(), post = poster, patience = 5000, tell, pause } = options
    const note = (text: string): void => {
      const line = printable(text)
      this.#notes = [...this.#notes.slice(1 - keptNotes), line]
      tell?.(line)
    }
    const places = placesOf(fleet)
    const programs = new Programs(run, note)
    const webhooks: Webhook[] = []
    const delivery = ({ does }: HookSpec): Hook['deliver'] => {
      if (does.kind === 'command')
        return messages => {
          for (const message of messages) programs.call({ argv: does.argv, ...toldTo(message, places) })
        }
      const url = secrets.get(does.secret)
      if (url === undefined || urlProblem(url.reveal().trim()) !== null) return () => undefined
      const webhook = new Webhook({ name: does.secret, url, mesh: fleet.mesh }, post, note, pause)
      webhooks.push(webhook)
      return messages => webhook.say(messages.map(message => lineOf(message, places)))
    }
    this.#programs = programs
    this.#webhooks = webhooks
    this.#patience = patience
    this.#hooks = hooks.map(hook => ({
      rules: { on: hook.on, atLeast: hook.atLeast, hold: hook.hold * 1000, places },
      deliver: delivery(hook),
      state: nothingKnown,
    }))
  }

  /** What went wrong, the oldest first. */
  get notes(): readonly string[] {
    return this.#notes
  }

  /**
   * To be called with every snapshot, also when nothing happened: time alone makes news of what lasts. Events that were
   * taken before are passed over. `at`: milliseconds since the epoch, by the clock of the source.
   */
  take(events: readonly Event[], at: number, snapshot: Pick<Snapshot, 'fleet' | 'tunnels'> | null = null): void {
    if (this.#closed) return
    const fresh = events.filter(event => !this.#seen.has(event))
    for (const event of fresh) this.#seen.add(event)
    for (const hook of this.#hooks) {
      const also = snapshot === null ? [] : seenNow(hook.state, snapshot, at)
      const { state, messages } = damp(hook.rules, hook.state, [...also, ...fresh], at)
      hook.state = state
      if (messages.length > 0) hook.deliver(messages)
    }
  }

  /** Waits a moment for what is still on its way. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#webhooks, this.#programs].map(one => one.close(this.#patience)))
  }
}

const toldTo = (message: Message, places: Places) => ({
  input: `${JSON.stringify(jsonOf(message, places))}\n`,
  environment: environmentOf(message, places),
})

/**
 * Where very many tunnels change at once, their events are a number; and a tunnel that comes back while its other end is
 * silent has none. So those in trouble are looked at.
 */
function seenNow(
  state: Damping,
  { fleet, tunnels }: Pick<Snapshot, 'fleet' | 'tunnels'>,
  at: number,
): readonly Event[] {
  return [...state.values()].flatMap(({ subject, trouble }): Event[] => {
    if (subject.kind !== 'tunnel' || trouble === '') return []
    const [from, to] = subject.name.split('>').map(name => fleet.hosts.findIndex(host => host.name === name))
    const tunnel = tunnelBetween(fleet.tunnels, from ?? -1, to ?? -1)
    const is = tunnel < 0 ? undefined : tunnelStates[tunnels.state[tunnel] ?? 0]
    if (is === undefined || is === trouble) return []
    return [{ at, subject, level: levelOfTunnel(is), before: trouble, after: is, why: '', flapping: false }]
  })
}
