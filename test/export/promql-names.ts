/** Which metrics a query asks for: by the words of PromQL (Prometheus, querying), without understanding more of it. */

export interface Token {
  readonly kind: 'duration' | 'name' | 'number' | 'operator' | 'string'
  readonly text: string
}

const patterns: readonly (readonly [Token['kind'] | 'blank', RegExp])[] = [
  ['blank', /\s+/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y],
  ['duration', /\[[^\]]*\]|(?:\d+(?:ms|[smhdwy]))+(?![\w:])/y],
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w:])/y],
  ['name', /[A-Za-z_:][\w:]*/y],
  ['operator', /=~|!~|==|!=|>=|<=|[-+*/%^(){},=<>@]/y],
]

export function tokensOf(expr: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < expr.length;) {
    const found = patterns
      .map(([kind, pattern]) => {
        pattern.lastIndex = at
        return [kind, pattern.exec(expr)?.[0]] as const
      })
      .find(([, text]) => text !== undefined)
    const [kind, text] = found ?? []
    if (kind === undefined || text === undefined) throw new Error(`no PromQL at ${expr.slice(at, at + 20)}`)
    if (kind !== 'blank') tokens.push({ kind, text })
    at += text.length
  }
  return tokens
}

/** Before a list of labels. */
const lists = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']
const words = [...lists, 'and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'atan2']
const aggregators = ['avg', 'bottomk', 'count', 'count_values', 'group', 'max', 'min', 'quantile', 'sum', 'topk']

export function metricsIn(expr: string): readonly string[] {
  const tokens = tokensOf(expr)
  const names = new Set<string>()
  let [braces, list] = [0, false]
  for (const [i, { kind, text }] of tokens.entries()) {
    if (text === '{') braces += 1
    else if (text === '}') braces -= 1
    else if (text === '(' && lists.includes(tokens[i - 1]?.text ?? '')) list = true
    else if (text === ')') list = false
    if (kind !== 'name' || braces > 0 || list || words.includes(text.toLowerCase())) continue
    const next = tokens[i + 1]?.text
    // A function is called; an aggregation may say by what before it is.
    if (next === '(' || (aggregators.includes(text) && (next === 'by' || next === 'without'))) continue
    names.add(text)
  }
  return [...names]
}
