import type { BuildResult } from 'esbuild'

/** Output name → source file, as esbuild takes them. */
export function bundle(
  entryPoints: Readonly<Record<string, string>>,
  outdir: string,
): Promise<BuildResult<{ metafile: true }>>
