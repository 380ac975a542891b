/** A mesh directory: which files in it are whose, found without reading them. */
import { readdir, stat } from 'node:fs/promises'
import { glob } from 'tinyglobby'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { byText } from '../../topology/names.ts'
import { reason } from './reason.ts'

export const meshDocument = 'mesh.yaml'
export const secretsDocument = 'secrets.age'
export const defaultRegions = 'regions/*.yaml'

/** Why a directory is no mesh; null when it is one. */
export async function noMesh(directory: string): Promise<Diagnostic | null> {
  try {
    if (!(await stat(directory)).isDirectory()) return error('no-mesh', `${directory} is not a directory`)
    if ((await readdir(directory)).includes(meshDocument)) return null
  } catch (cause) {
    return error('no-mesh', `${directory} cannot be read: ${reason(cause)}`)
  }
  return error(
    'no-mesh',
    `there is no ${meshDocument} in ${directory === '.' ? 'this directory' : directory}`,
    undefined,
    'meshwright init makes a new mesh; -C DIR names the directory of one.',
  )
}

/** Names of the region files that a pattern finds, sorted; null when it leads out of the directory. */
export async function findRegionFiles(directory: string, pattern: string): Promise<readonly string[] | null> {
  if (pattern.startsWith('/') || pattern.split('/').includes('..') || pattern.includes('\\')) return null
  const found = await glob(pattern, {
    cwd: directory,
    onlyFiles: true,
    followSymbolicLinks: false,
    expandDirectories: false,
  })
  return found.toSorted(byText)
}
