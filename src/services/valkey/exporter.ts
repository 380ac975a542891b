/** redis_exporter beside each server and sentinel: what they say of themselves, for Prometheus (databases/redis_exporter). */
import type { Deployed, Instance, JailContent, JailFile } from '../kind.ts'

export const exporterPort = 9121
const passwords = 'usr/local/etc/meshwright/redis_exporter.json'

/** May ask how a server is, and nothing of what it holds or how it is set up. */
export const exporterUser = ({ secrets }: Deployed): string =>
  `user exporter on >${secrets.lasting.text('exporter').reveal()} -@all +ping +info +latency +slowlog +client|list +client|setname`

/** `port`: of what it asks. `user` and `password`: null is the user that has no name. */
export function exporter(
  { jail }: Instance,
  port: number,
  { user, password }: { readonly user: string | null; readonly password: string },
): { readonly file: JailFile; readonly rc: JailContent['rc']; readonly packages: readonly string[] } {
  const own = jail.address.inet.text
  const asked = `redis://${own}:${port}`
  const named = user === null ? '' : ` --redis.user=${user}`
  return {
    file: {
      path: passwords,
      text: `${JSON.stringify({ [asked]: password })}\n`,
      // It runs as nobody.
      ...{ mode: 0o640, group: 'nobody', secret: true },
      reload: { rc: 'redis_exporter', how: 'restart' },
    },
    rc: {
      redis_exporter_enable: 'YES',
      redis_exporter_server: asked,
      redis_exporter_listen_address: `${own}:${exporterPort}`,
      // CONFIG would tell it passwords.
      redis_exporter_args: `--redis.password-file=/${passwords}${named} --config-command=-`,
    },
    packages: ['redis_exporter'],
  }
}
