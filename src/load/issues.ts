/** zod's findings as our diagnostics, each with its place and a way out. */
import type * as z from 'zod'
import { type Diagnostic, error, placeText } from '../../topology/diagnostic.ts'
import { nearest } from '../../topology/suggest.ts'
import type { Complaint } from './fields.ts'

type Issue = z.core.$ZodIssue

export function diagnose(issues: readonly Issue[], document: string, schema: z.ZodType): Diagnostic[] {
  return issues.flatMap(issue => diagnoseIssue(issue, document, schema))
}

function diagnoseIssue(issue: Issue, document: string, schema: z.ZodType): Diagnostic[] {
  const path = issue.path.map(step => (typeof step === 'symbol' ? String(step) : step))
  const where = path.length === 0 ? document : placeText(path)
  const at = { document, path }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key =>
        error(
          'unknown-key',
          `${JSON.stringify(key)} is not a key of ${where}`,
          { document, path: [...path, key], key: true },
          hintFor(key, keysAt(schema, path)),
        ),
      )
    case 'custom': {
      const complaint = issue.params as Complaint | undefined
      return [error(complaint?.code ?? 'bad-value', `${where}: ${issue.message}`, at, complaint?.hint)]
    }
    case 'invalid_key': {
      // What is wrong with a name in a map, said of the name.
      const found = issue.issues.flatMap(inner => diagnoseIssue({ ...inner, path: issue.path }, document, schema))
      return found.map(one => ({ ...one, place: { document, path, key: true as const } }))
    }
    case 'invalid_type':
      if (issue.input === undefined || issue.message.endsWith('received undefined')) return [missing(document, path)]
      return [error('wrong-type', `${where} must be ${article(issue.expected)}`, at, quoteHint(issue))]
    case 'invalid_value':
      if (issue.input === undefined) return [missing(document, path)]
      return [
        error(
          'bad-value',
          `${where} must be ${oneOf(issue.values.map(String))}`,
          at,
          hintFor(typeof issue.input === 'string' ? issue.input : '', issue.values.map(String), ''),
        ),
      ]
    case 'too_small':
    case 'too_big': {
      const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
      return [error('bad-value', `${where} must be ${issue.origin === 'array' ? `a list of ${limit}` : limit}`, at)]
    }
    case 'invalid_union': {
      if (issue.input === undefined) return [missing(document, path)]
      const branches = issue.errors.map(branch =>
        branch.map(inner => ({ ...inner, path: [...issue.path, ...inner.path] })),
      )
      const plain = plainly(issue.errors)
      if (plain !== null) return [error('bad-value', `${where} must be ${plain}`, at)]
      const best = branches.toSorted((a, b) => promise(b) - promise(a))[0]
      if (best === undefined || best.length === 0) return [error('bad-value', `${where}: ${issue.message}`, at)]
      return diagnose(best, document, schema)
    }
    default:
      return [error('bad-value', `${where}: ${issue.message}`, at)]
  }
}

/** What a union of single values wants, when none of its branches looks any deeper: `a number or per-region`. */
function plainly(branches: readonly (readonly Issue[])[]): string | null {
  const wanted = branches.map(([only, second]) => {
    if (only === undefined || second !== undefined || only.path.length > 0) return null
    if (only.code === 'invalid_type') return [article(only.expected)]
    return only.code === 'invalid_value' ? only.values.map(String) : null
  })
  return wanted.length < 2 || wanted.includes(null) ? null : oneOf(wanted.flatMap(words => words ?? []))
}

/** The branch of a union the writer most likely meant: one that complains about the content, else the deepest. */
const promise = (branch: readonly Issue[]): number => Math.max(0, ...branch.map(promiseOf))

const promiseOf = (issue: Issue): number => {
  if (issue.code === 'invalid_union') return Math.max(0, ...issue.errors.map(promise)) + issue.path.length * 2
  return (issue.code === 'custom' ? 100 : issue.code === 'unrecognized_keys' ? 1 : 0) + issue.path.length * 2
}

const missing = (document: string, path: readonly (string | number)[]): Diagnostic =>
  error('missing-key', `${parentOf(path, document)} has no ${String(path.at(-1))}`, parentPlace(document, path))

const article = (expected: string): string =>
  ({
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys and values',
    record: 'a map of names and values',
  })[expected] ?? expected

const quoteHint = (issue: { readonly expected: string }): string | undefined =>
  issue.expected === 'string'
    ? 'Put it in quotes: YAML reads bare numbers, true, false and null as something else.'
    : undefined

const oneOf = (values: readonly string[]): string =>
  values.length < 2 ? (values[0] ?? '') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`

const parentOf = (path: readonly (string | number)[], document: string): string =>
  path.length < 2 ? document : placeText(path.slice(0, -1))

const parentPlace = (document: string, path: readonly (string | number)[]) => ({
  document,
  path: path.slice(0, -1),
  key: true as const,
})

export function hintFor(word: string, candidates: readonly string[], otherwise?: string): string {
  const near = nearest(word, candidates)
  if (near !== null) return `Did you mean ${near}?`
  return otherwise ?? (candidates.length === 0 ? '' : `There are: ${candidates.join(', ')}.`)
}

/** The keys that the schema knows at a place. */
function keysAt(schema: z.ZodType, path: readonly (string | number)[]): readonly string[] {
  let here: z.ZodType | undefined = schema
  for (const step of path) here = here && childOf(unwrap(here), step)
  const shape = here && shapeOf(unwrap(here))
  return shape === undefined ? [] : Object.keys(shape)
}

interface Definition {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly shape?: Record<string, z.ZodType>
  readonly valueType?: z.ZodType
  readonly element?: z.ZodType
  readonly options?: readonly z.ZodType[]
}
const definitionOf = (schema: z.ZodType): Definition => schema._zod.def

function unwrap(schema: z.ZodType): z.ZodType {
  const { type, innerType, in: input } = definitionOf(schema)
  const inner = type === 'pipe' ? input : innerType
  return inner === undefined ? schema : unwrap(inner)
}

const shapeOf = (schema: z.ZodType): Record<string, z.ZodType> | undefined => {
  const { shape, options } = definitionOf(schema)
  return shape ?? options?.map(option => shapeOf(unwrap(option))).reduce((a, b) => ({ ...a, ...b }), {})
}

function childOf(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  const { valueType, element, options } = definitionOf(schema)
  const viaOptions = options?.map(option => childOf(unwrap(option), step)).find(found => found !== undefined)
  return shapeOf(schema)?.[step] ?? valueType ?? element ?? viaOptions
}
