/** What should lie on each host: the manifests of the last build. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { WatchedFile } from './fleet.ts'

const manifest = z.object({
  files: z.array(z.object({ path: z.string().regex(/^\/[\x21-\x7e]+$/), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
})

/** Hosts without a manifest are not in it. */
export async function builtFiles(
  out: string,
  hosts: readonly string[],
): Promise<ReadonlyMap<string, readonly WatchedFile[]>> {
  const found = new Map<string, readonly WatchedFile[]>()
  for (const host of hosts) {
    const text = await readFile(join(out, `${host}.manifest.json`), 'utf8').catch(() => null)
    const read = text === null ? null : manifest.safeParse(parsed(text))
    if (read?.success === true) found.set(host, read.data.files)
  }
  return found
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
