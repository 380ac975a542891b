/** One file of a host: where it goes, what it says, how it must lie there, and what its change sets in motion. */
import type { Block } from './template.ts'

export interface RenderedFile {
  /** Without the leading slash: `etc/pf.conf`. */
  readonly path: string
  readonly content: Block
  readonly mode: 0o600 | 0o644
  /** Keys are in it: never shown, never readable by others. */
  readonly secret: boolean
  readonly reload: Reload
}

/** What must be done on the host when the file changes; `jail:NAME` restarts that jail. */
export type Reload = 'netif' | 'routing' | 'wireguard' | 'pf' | 'reboot' | 'sysrc' | 'none' | `jail:${string}`

export const plain = (path: string, content: Block, reload: Reload): RenderedFile => ({
  ...{ path, content, reload },
  mode: 0o644,
  secret: false,
})

/** First line of every file: what made it. No date, so that the same mesh gives the same bytes. */
export const madeBy = 'Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.'
