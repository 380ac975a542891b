/** secrets.age: the root secret of a mesh and the secrets that people gave, encrypted with age to the recipients of mesh.yaml, else to the operator's own. */
import { Decrypter, Encrypter } from 'age-encryption'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { type Diagnostic, error, warning } from '../../topology/diagnostic.ts'
import type { Lock } from '../../topology/lock.ts'
import type { MeshSpec } from '../../topology/spec.ts'
import { secretsDocument } from '../load/directory.ts'
import { reason } from '../load/reason.ts'
import { replaceFile } from '../write/replace.ts'
import { RootSecret } from './derive.ts'
import { type Identity, makeIdentity, readIdentity } from './identity.ts'
import { type Environment, identityPath } from './paths.ts'
import { SecretText } from './secret-text.ts'

/** What lies in secrets.age once it is opened. */
const contents = z.strictObject({
  version: z.literal(1),
  mesh: z.string(),
  /** Base64 of 32 bytes. */
  root: z.string().length(44),
  /** age files do not tell whom they are for, so the inside does. */
  recipients: z.array(z.string()),
  /** What no mesh can derive: a webhook, a certificate; by name. */
  given: z.record(z.string(), z.string()).default({}),
})

type Contents = z.output<typeof contents>

/** The secrets of a mesh, opened; `save` is there when secrets.age has still to be written. */
export interface Secrets {
  readonly root: RootSecret
  readonly fingerprint: string
  readonly diagnostics: readonly Diagnostic[]
  /** For people, on stderr: what was made and what to do with it. */
  readonly remarks: readonly string[]
  readonly save: (() => Promise<void>) | null
  /** The operator's own recipient, which is the one in force when mesh.yaml names none. */
  readonly own: readonly string[]
  /** What people gave, by name. */
  readonly given: ReadonlyMap<string, SecretText>
  /** Writes secrets.age with this secret, or without it (null). */
  readonly give: (name: string, text: string | null) => Promise<Diagnostic | null>
  /** Encrypts secrets.age anew; refuses when the operator could not open it afterwards. */
  readonly reencrypt: (recipients: readonly string[]) => Promise<Diagnostic | null>
}

export type OpenedSecrets = Secrets | { readonly diagnostics: readonly Diagnostic[]; readonly root: null }

export interface Opening {
  readonly directory: string
  readonly spec: MeshSpec
  readonly lock: Lock | null
  readonly environment: Environment
  /** A build may make an identity and a root secret; whoever only looks may not. */
  readonly create: boolean
}

export async function openSecrets(opening: Opening): Promise<OpenedSecrets> {
  const { directory, spec, lock, environment } = opening
  const path = identityPath(environment)
  const identity = await readIdentity(path)
  if (identity !== null && 'severity' in identity) return refuse(identity)
  const file = join(directory, secretsDocument)
  const sealed = await readSealed(file)
  if (sealed !== null && 'severity' in sealed) return refuse(sealed)

  if (sealed === null) {
    if (lock !== null) return refuse(lost(lock))
    return newSecrets(opening, file, identity, path)
  }
  if (identity === null)
    return refuse(
      error(
        'identity-lost',
        `${secretsDocument} is there, but not the age identity ${path} that opens it`,
        undefined,
        'Restore the identity from your backup, or point MESHWRIGHT_IDENTITY at it.',
      ),
    )
  const opened = await unseal(sealed.bytes, identity)
  if (opened === null || 'severity' in opened) return refuse(opened ?? notFor(identity))
  if (opened.mesh !== spec.name)
    return refuse(
      error(
        'secrets-other-mesh',
        `${secretsDocument} belongs to mesh ${opened.mesh}, and this is ${spec.name}`,
        undefined,
        otherHint,
      ),
    )
  const root = new RootSecret(Buffer.from(opened.root, 'base64'), spec.name)
  const fingerprint = root.fingerprint()
  if (lock !== null && lock.secret !== fingerprint)
    return refuse(
      error(
        'secrets-other-mesh',
        `the lock was made with another root secret (${lock.secret}) than ${secretsDocument} holds (${fingerprint})`,
        undefined,
        otherHint,
      ),
    )
  const diagnostics: Diagnostic[] = []
  if (spec.recipients.length > 0 && !sameSet(spec.recipients, opened.recipients))
    diagnostics.push(
      warning(
        'recipients-changed',
        `${secretsDocument} is encrypted to other recipients than mesh.yaml names`,
        { document: spec.document, path: ['recipients'] },
        'meshwright keys recipients encrypts it anew.',
      ),
    )
  const bad = badRecipients(spec)
  if (bad.length > 0) return { root: null, diagnostics: bad }
  const rewrite = async (changed: Contents): Promise<Diagnostic | null> => {
    const bytes = await seal(changed)
    const readable = await unseal(bytes, identity)
    if (readable === null || 'severity' in readable) return lockOut(spec, identity.recipient)
    await replaceFile(file, bytes, 0o600)
    return null
  }
  return {
    ...{ root, fingerprint, diagnostics, remarks: [], save: null, own: [identity.recipient] },
    given: new Map(Object.entries(opened.given).map(([name, text]) => [name, new SecretText(text, name)])),
    give: (name, text) => {
      const others = Object.entries(opened.given).filter(([other]) => other !== name)
      return rewrite({ ...opened, given: Object.fromEntries(text === null ? others : [...others, [name, text]]) })
    },
    reencrypt: recipients => rewrite({ ...opened, recipients: [...recipients] }),
  }
}

const otherHint = 'Both come from one directory: restore the pair from git or your backup.'

async function newSecrets(
  opening: Opening,
  file: string,
  found: Identity | null,
  path: string,
): Promise<OpenedSecrets> {
  const { spec } = opening
  const bad = badRecipients(spec)
  if (bad.length > 0) return { root: null, diagnostics: bad }
  const drawn = randomBytes(32)
  const root = new RootSecret(drawn, spec.name)
  const first = (recipients: readonly string[]): Contents => ({
    ...{ version: 1, mesh: spec.name, root: drawn.toString('base64'), given: {} },
    recipients: [...recipients],
  })
  const remarks = [`made a new root secret for ${spec.name}: ${secretsDocument}`]
  if (found === null)
    remarks.unshift(`made your age identity: ${path}`, `keep a copy of it: without it nobody opens ${secretsDocument}`)
  const save = async () => {
    const identity = found ?? (await makeIdentity(path))
    const recipients = spec.recipients.length > 0 ? spec.recipients : [identity.recipient]
    const bytes = await seal(first(recipients))
    await replaceFile(file, bytes, 0o600)
  }
  if (found !== null && spec.recipients.length > 0 && !spec.recipients.includes(found.recipient)) {
    const trial = await unseal(await seal(first(spec.recipients)), found)
    if (trial === null || 'severity' in trial) return refuse(lockOut(spec, found.recipient))
  }
  return {
    ...{ root, fingerprint: root.fingerprint(), diagnostics: [], remarks: opening.create ? remarks : [], own: [] },
    save: opening.create ? save : null,
    given: new Map(),
    ...{ give: noSecretsYet, reencrypt: noSecretsYet },
  }
}

const noSecretsYet = () =>
  Promise.resolve(error('secrets-lost', 'there are no secrets yet', undefined, 'meshwright build makes them.'))

const lockOut = (spec: MeshSpec, recipient: string): Diagnostic =>
  error(
    'recipients-lock-out',
    `your own identity is not among the recipients: you could not open ${secretsDocument} again`,
    { document: spec.document, path: ['recipients'] },
    `Add ${recipient} to recipients:.`,
  )

const refuse = (diagnostic: Diagnostic): OpenedSecrets => ({ root: null, diagnostics: [diagnostic] })

const lost = (lock: Lock): Diagnostic =>
  error(
    'secrets-lost',
    `the lock knows root secret ${lock.secret}, but ${secretsDocument} is not here`,
    undefined,
    `Restore ${secretsDocument} from git or your backup. To begin anew with new keys everywhere, delete mesh.lock.yaml too.`,
  )

const notFor = (identity: Identity): Diagnostic =>
  error(
    'identity-wrong',
    `the age identity ${identity.path} does not open ${secretsDocument}: it is encrypted to others`,
    undefined,
    `Somebody who can open it adds ${identity.recipient} to recipients: in mesh.yaml and runs meshwright keys recipients.`,
  )

async function readSealed(file: string): Promise<{ readonly bytes: Uint8Array } | Diagnostic | null> {
  try {
    return { bytes: new Uint8Array(await readFile(file)) }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    return error('secrets-unreadable', `${secretsDocument} cannot be read: ${reason(cause)}`)
  }
}

/** Null: it is a sound age file, but not for this identity. */
async function unseal(bytes: Uint8Array, identity: Identity): Promise<Contents | Diagnostic | null> {
  const decrypter = new Decrypter()
  for (const key of identity.keys) decrypter.addIdentity(key.reveal())
  try {
    return contents.parse(JSON.parse(await decrypter.decrypt(bytes, 'text')))
  } catch (cause) {
    if (cause instanceof Error && /no identity matched/i.test(cause.message)) return null
    return error(
      'secrets-unreadable',
      `${secretsDocument} is damaged or cut short`,
      undefined,
      `Restore it: git checkout ${secretsDocument}, or your backup.`,
    )
  }
}

async function seal(inside: Contents): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  for (const recipient of inside.recipients) encrypter.addRecipient(recipient)
  return encrypter.encrypt(JSON.stringify({ ...inside, recipients: inside.recipients.toSorted() }))
}

function badRecipients(spec: MeshSpec): Diagnostic[] {
  const bad: Diagnostic[] = []
  for (const [i, recipient] of spec.recipients.entries()) {
    try {
      if (!recipient.startsWith('age1')) throw new Error('not a recipient')
      new Encrypter().addRecipient(recipient)
    } catch {
      const place = { document: spec.document, path: ['recipients', i] }
      const hint = 'As age-keygen prints it: age1 and 58 characters.'
      bad.push(error('bad-recipient', `${JSON.stringify(recipient.slice(0, 70))} is not an age recipient`, place, hint))
    }
  }
  return bad
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every(item => b.includes(item))
