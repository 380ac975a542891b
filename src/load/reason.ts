/** What the system said, without the paths and stacks around it (errno names as in intro(2)). */
export function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  const code = (cause as NodeJS.ErrnoException | null)?.code
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is not a directory',
    EEXIST: 'something else is in its place',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
    EMFILE: 'too many open files',
    ELOOP: 'its symbolic links run in a circle',
  }
  return (code !== undefined ? known[code] : undefined) ?? text
}
