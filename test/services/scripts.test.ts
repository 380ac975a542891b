/** Every script that services bring, whatever its kind: sh(1) reads it, and it says where programs are. */
import { expect, test } from 'vitest'
import { alone, laidOut, setting, withPrograms } from './setting.ts'

const services = `
cache: {kind: valkey}
cloud: {kind: nextcloud, domain: cloud.example.net}
db: {kind: patroni}
files: {kind: garage}
front: {kind: haproxy, count: 2, hosts: [faraday, newton], failover: {kind: hook, command-file: /usr/local/etc/haproxy/failover}}
graphs: {kind: grafana}
names: {kind: bind}
resolver: {kind: unbound}
shop: {kind: generic, needs: [mysql]}
sql: {kind: mariadb}
watch: {kind: prometheus}
`

withPrograms('dash')('scripts', () => {
  test('of all kinds are sh, run with a path of their own, and a broken one is seen', async () => {
    const made = await setting(services)
    const scripts = [...made.files].filter(([, text]) => text.startsWith('#!/bin/sh\n'))
    expect(scripts.length).toBeGreaterThan(50)
    const directory = laidOut(Object.fromEntries([...scripts, ['broken', '#!/bin/sh\nif true; then\n']]))
    const { output } = alone(
      [],
      `cd ${directory}; find . -type f | while read -r one; do dash -n "$one" 2>/dev/null || echo "refused $one"; done`,
    )
    expect(output).toBe('refused ./broken\n')
    const steps = scripts.filter(([path]) => /\/libexec\/meshwright\/\w+-[\w-]+\.sh$/.test(path))
    expect(steps.length).toBeGreaterThan(15)
    for (const [path, text] of steps) expect(text, path).toMatch(/^PATH=\//m)
  })
})
