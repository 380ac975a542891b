// What benches share: how much work took, and the table of what was measured.

/** Seconds: of all threads of this process, and as they pass. */
export function cpu(work) {
  const before = process.cpuUsage()
  const began = performance.now()
  const value = work()
  const wall = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  return { value, wall, cpu: (user + system) / 1e6 }
}

/** Rows of texts, the first their heads. */
export function printRows(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)))
  for (const row of rows)
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
}
