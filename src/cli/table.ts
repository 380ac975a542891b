/** Columns for a terminal: as wide as their widest cell, two blanks between, no trailing blanks. */
export function table(rows: readonly (readonly string[])[], numeric: readonly number[] = []): string {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows
    .map(row =>
      row
        .map((cell, i) => (numeric.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join('  '),
    )
    .map(line => `${line.trimEnd()}\n`)
    .join('')
}
