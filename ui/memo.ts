/** What is worked out once for a snapshot, and goes with it. */
export function memo<T>(most = 4): (of: object, key: string, make: () => T) => T {
  const known = new WeakMap<object, Map<string, T>>()
  return (of, key, make) => {
    const values = known.get(of) ?? new Map<string, T>()
    known.set(of, values)
    const before = values.get(key)
    if (before !== undefined) return before
    const [oldest] = values.keys()
    if (values.size >= most && oldest !== undefined) values.delete(oldest)
    const value = make()
    values.set(key, value)
    return value
  }
}
