/** What is wrong with a mesh, or worth knowing about it: collected, never thrown, so that one run shows them all. */

/** Where in what people wrote: a file by its path inside the mesh directory, and the keys that lead to the place. */
export interface Place {
  readonly document: string
  readonly path: readonly (string | number)[]
  /** The key itself is meant, not its value. */
  readonly key?: true
}

/** A place as line and column, counted from 1, with the text of the line. Added by load/, which owns the YAML. */
export interface SourcePosition {
  readonly line: number
  readonly column: number
  readonly text: string
  /** Columns the caret covers, at least 1. */
  readonly width: number
}

export interface Diagnostic {
  /** An error refuses the mesh, a warning does not, a note tells what follows from it. */
  readonly severity: 'error' | 'warning' | 'note'
  readonly code: DiagnosticCode
  /** What is wrong, with the names and values of this mesh. */
  readonly message: string
  readonly place?: Place
  readonly source?: SourcePosition
  /** What to do about it. */
  readonly hint?: string
}

/** Stable and greppable. test/errors/ has a mesh for each, and the text a user sees for it. */
export const diagnosticCodes = [
  // reading
  'no-mesh',
  'unreadable',
  'not-utf-8',
  'yaml',
  'too-large',
  'too-many-aliases',
  'no-regions',
  'regions-pattern',
  'duplicate-region',
  'duplicate-host',
  'missing-key',
  'unknown-key',
  'wrong-type',
  'bad-value',
  'bad-name',
  'bad-prefix',
  'host-bits',
  'bad-endpoint',
  'endpoint-brackets',
  'bad-port',
  'bad-recipient',
  // the lock, the secrets, the identity
  'lock-unreadable',
  'lock-newer',
  'lock-other-mesh',
  'addressing-changed',
  'quorum-replaced',
  'secret-missing',
  'secrets-lost',
  'secrets-unreadable',
  'secrets-other-mesh',
  'identity-lost',
  'identity-wrong',
  'identity-open',
  'token-open',
  'recipients-changed',
  'recipients-lock-out',
  'endpoint-unresolved',
  // writing
  'busy',
  'unwritable',
  'foreign-files',
  'cannot-listen',
  // the mesh as a whole
  'overlay-too-small',
  'overlay-overlap',
  'overlay-endpoint',
  'exhausted',
  'duplicate-address',
  'lan-overlap',
  'duplicate-endpoint',
  'mtu-too-small',
  'release-too-old',
  'no-admin',
  'public-key-missing',
  'public-key-unused',
  'duplicate-public-key',
  'unknown-reference',
  'ambiguous-reference',
  'flow-outside-outside',
  'flow-in-overlay',
  'flow-empty',
  'port-clash',
  'no-egress',
  'no-path',
  'relay',
  'two-gateways',
  'capacity',
  'bridge-unfiltered',
  'test-failed',
  'unknown-latency',
  // services
  'unknown-kind',
  'missing-service',
  'ambiguous-service',
  'service-option',
  'service-version',
  'placement-impossible',
  'placement-moved',
  'placement-weak',
  'duplicate-jail',
] as const
export type DiagnosticCode = (typeof diagnosticCodes)[number]

export const error = (code: DiagnosticCode, message: string, place?: Place, hint?: string): Diagnostic =>
  diagnostic('error', code, message, place, hint)
export const warning = (code: DiagnosticCode, message: string, place?: Place, hint?: string): Diagnostic =>
  diagnostic('warning', code, message, place, hint)
export const note = (code: DiagnosticCode, message: string, place?: Place, hint?: string): Diagnostic =>
  diagnostic('note', code, message, place, hint)

const diagnostic = (
  severity: Diagnostic['severity'],
  code: DiagnosticCode,
  message: string,
  place?: Place,
  hint?: string,
): Diagnostic => ({ severity, code, message, ...(place && { place }), ...(hint !== undefined && { hint }) })

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean => diagnostics.some(d => d.severity === 'error')

export const placeText = (path: Place['path']): string => path.join('.')
