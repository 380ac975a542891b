// Meshes of any size for the bench: dual stack, preshared keys, one jail a host.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** @param {{ directory: string, hosts: number, regions: number, topology: 'full' | 'regional' }} of */
export async function generateMesh({ directory, hosts, regions, topology }) {
  await mkdir(join(directory, 'regions'), { recursive: true })
  await writeFile(
    join(directory, 'mesh.yaml'),
    `mesh: bench
domain: bench.example.net
addressing: {ipv4: 10.0.0.0/8, ipv6: "fd5c:8e21:77aa::/48"}
wireguard: {topology: ${topology}}
defaults:
  admin: [192.0.2.0/24]
flows:
  - {from: app, to: outside, ports: [443/tcp], why: updates}
`,
  )
  for (let r = 0; r < regions; r += 1) {
    const lines = [
      `region: r${r}`,
      `location: {latitude: ${(r % 120) - 60}, longitude: ${((r * 7) % 340) - 170}}`,
      'hosts:',
    ]
    for (let h = r; h < hosts; h += regions) {
      const [a, b] = [h >> 8, h & 255]
      lines.push(
        `  h${h}:`,
        `    endpoint: [172.${16 + (a >> 4)}.${a & 255}.${b}, "2001:db8:${r.toString(16)}::${h.toString(16)}"]`,
        '    interface: vtnet0',
        '    cpus: 8',
        '    memory: 32G',
        '    jails:',
        '      app: {ports: [8080/tcp], from: [h0], memory: 1G}',
      )
    }
    await writeFile(join(directory, 'regions', `r${String(r).padStart(3, '0')}.yaml`), `${lines.join('\n')}\n`)
  }
}
