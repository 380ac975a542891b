import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeExport } from '../../../src/write/exports.ts'
import { temporary } from '../../command.ts'

const waiting = { patience: 0, onWait: () => undefined, signal: new AbortController().signal }

test('a file is written where it is wanted, whatever its name, and through a link', async () => {
  const at = temporary()
  const path = join(at, 'zürich ☂', 'a b.json')
  expect(await writeExport(path, 'x', waiting)).toEqual([{ path, changed: true }])
  expect(await writeExport(path, 'x', waiting)).toEqual([{ path, changed: false }])
  const [real, link] = [join(at, 'real'), join(at, 'link')]
  writeFileSync(real, 'before')
  symlinkSync('real', link)
  await writeExport(link, 'after', waiting)
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(readFileSync(real, 'utf8')).toBe('after')
})

test('a script can be run, and nothing else can', async () => {
  const at = temporary()
  const modeOf = (name: string) => statSync(join(at, name)).mode & 0o777
  await writeExport(join(at, 'meshwright'), '#!/bin/sh', waiting, true)
  await writeExport(join(at, 'hosts'), 'x', waiting)
  expect([modeOf('meshwright'), modeOf('hosts')]).toEqual([0o755, 0o644])
})

test('what is no file stays what it is', async () => {
  const at = temporary()
  const [directory, fifo, device] = [join(at, 'directory'), join(at, 'fifo'), join(at, 'stdout')]
  mkdirSync(directory)
  execFileSync('mkfifo', [fifo])
  symlinkSync('/dev/null', device)
  for (const path of [directory, fifo, device, '/dev/null', ''])
    expect(await writeExport(path, 'x', waiting)).toMatchObject({ code: 'unwritable' })
  expect(lstatSync(fifo).isFIFO()).toBe(true)
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
  expect(readdirSync(at)).toEqual(['directory', 'fifo', 'stdout'])
})
