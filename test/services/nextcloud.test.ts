import { describe, expect, test } from 'vitest'
import { php } from '../../src/services/nextcloud/php.ts'
import { alone, complaints, laidOut, setting, type Setting, withPrograms } from './setting.ts'

const behind = `
db: {kind: patroni}
files: {kind: garage}
cache: {kind: valkey}
`
const services = `${behind}cloud: {kind: nextcloud, domain: cloud.example.net}
front: {kind: haproxy}
`
const core = ['bohr', 'newton', 'tesla']
const config = 'usr/local/www/nextcloud/config/meshwright.config.php'
const jails = (made: Setting, service: string, role: string) =>
  made.deployment.services
    .find(one => one.name === service)
    ?.instances(role)
    .map(({ host }) => host.name)

describe('nextcloud', () => {
  test('one line is a whole declaration: what it needs is found by kind', async () => {
    const made = await setting(`${behind}cloud: {kind: nextcloud, domain: cloud.example.net}`)
    expect(jails(made, 'cloud', 'app')).toEqual(core)
    expect(jails(made, 'cloud', 'cron')).toHaveLength(1)
    // A proxy of each kind beside every instance.
    for (const service of ['db', 'files', 'cache']) expect(jails(made, service, 'proxy')).toEqual(core)
    expect(made.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test('talks to the proxies of its own host and to nobody else; the edge alone talks to it', async () => {
    const made = await setting(services)
    const text = made.textOf('newton', 'cloud-app', config)
    const at = (jail: string) => made.addressesOf('newton', jail)[0]
    expect(text).toContain(`'dbhost' => '${at('db-proxy')}:5000'`)
    expect(text).toContain(`'hostname' => '${at('files-proxy')}'`)
    expect(text).toContain(`'host' => '${at('cache-proxy')}'`)
    const flows = made.mesh.flows.map(flow => flow.name)
    expect(flows).toContain('front-edge>cloud-app 8080/tcp')
    expect(flows.filter(flow => flow.startsWith('cloud-app@newton>')).toSorted()).toEqual([
      'cloud-app@newton>cache-proxy@newton 6379/tcp',
      'cloud-app@newton>db-proxy@newton 5000/tcp,5001/tcp',
      'cloud-app@newton>files-proxy@newton 3900/tcp',
    ])
    const edge = made.textOf('faraday', 'front-edge', 'usr/local/etc/haproxy.conf')
    expect(edge).toContain('acl route1.host var(txn.host) -m str -- cloud.example.net')
    expect(edge).toContain('http-check send meth GET uri /status.php ver HTTP/1.1 hdr Host cloud.example.net')
    expect(text).toContain(`'${made.addressesOf('faraday', 'front-edge')[0]}'`)
  })

  test('all nodes are one: the same ids and secrets; no secret outside of closed files', async () => {
    const made = await setting(services)
    const value = (host: string, key: string) =>
      new RegExp(`'${key}' => '(.*)'`).exec(made.textOf(host, 'cloud-app', config))?.[1] ?? 'none'
    for (const key of ['instanceid', 'passwordsalt', 'secret', 'dbpassword'])
      expect(new Set(core.map(host => value(host, key))).size).toBe(1)
    expect(value('tesla', 'instanceid')).toMatch(/^oc[a-z0-9]{10}$/)
    const secrets = [
      ...['passwordsalt', 'secret', 'dbpassword'].map(key => value('tesla', key)),
      made.textOf('tesla', 'cloud-app', 'usr/local/etc/meshwright/nextcloud-admin').trim(),
    ]
    const manifest = JSON.parse(made.files.get('tesla.manifest.json') ?? '') as {
      files: { path: string; mode: string; secret: boolean }[]
    }
    const closed = new Set(
      manifest.files.filter(({ mode }) => mode === '0600' || mode === '0640').map(({ path }) => path),
    )
    for (const [path, text] of made.files)
      if (path.startsWith('tesla/') && !closed.has(path.slice(5)))
        for (const secret of secrets) expect(text, path).not.toContain(secret)
  })

  test('has as many workers as memory, cores and the database carry', async () => {
    const workers = async (cloud: string, db = '') => {
      const made = await setting(
        `${behind.replace('patroni', `patroni${db}`)}cloud: {kind: nextcloud, domain: c.example.net${cloud}}`,
      )
      return Number(
        /^pm.max_children = (\d+)$/m.exec(made.textOf('tesla', 'cloud-app', 'usr/local/etc/php-fpm.conf'))?.[1],
      )
    }
    expect(await workers('')).toBe((2048 - 256) / 128)
    expect(await workers(', roles: {app: {memory: 16G, cpus: 1}}')).toBe(8)
    expect(await workers('', ', max-connections: 30')).toBe((30 - 10) / 4)
  })

  test.each([
    [`${behind}cloud: {kind: nextcloud}`, 'missing-key'],
    [`${behind}cloud: {kind: nextcloud, domain: "a b"}`, 'bad-value'],
    [`${behind}cloud: {kind: nextcloud, domain: c.example.net, admin-user: "x' y"}`, 'bad-value'],
    [
      `${behind.replace('valkey', 'valkey, shape: local')}cloud: {kind: nextcloud, domain: c.example.net}`,
      'service-option',
    ],
    ['cloud: {kind: nextcloud, domain: c.example.net}', 'missing-service'],
    [`${behind}db2: {kind: patroni}\ncloud: {kind: nextcloud, domain: c.example.net}`, 'ambiguous-service'],
  ])('%j is refused', async (yaml, code) => {
    expect((await complaints(yaml)).map(one => one.code)).toContain(code)
  })
})

const socketOnDebian = (text: string, at: string) =>
  text
    .replaceAll('/usr/local/etc/nginx/', '/etc/nginx/')
    .replaceAll('/usr/local/www/nextcloud', `${at}/root`)
    .replaceAll('/var/run/', `${at}/`)
    .replaceAll(`syslog:server=unix:${at}/log`, 'stderr')
    .replaceAll('error_log = syslog', 'error_log = /dev/stderr')
    .replace(/^user www;/m, 'user www-data;')
    .replaceAll(/= www$/gm, '= www-data')

withPrograms(
  'nginx',
  'php-fpm8.2',
  'php',
  'curl',
  'psql',
)('the real programs', () => {
  test('PHP reads back what was meant, and refuses a broken file', async () => {
    const hostile = { "it's": String.raw`a \ $x "q" {$y} ${'`'}id${'`'} ?>`, list: [1, true, 'é'], empty: [] }
    const made = await setting(services)
    const text = made.textOf('tesla', 'cloud-app', config)
    expect(text.startsWith('<?php\n')).toBe(true)
    const at = laidOut({
      'hostile.php': `<?php\necho json_encode(${php(hostile)}, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);\n`,
      'config.php': `${text}echo json_encode([$CONFIG['objectstore']['class'], $CONFIG['config_is_read_only']]);\n`,
      'bad.php': text.replace("',", ','),
      'helper.php': made.textOf('tesla', 'cloud-app', 'usr/local/libexec/meshwright/nextcloud.php'),
    })
    const { output } = alone(
      [],
      `php ${at}/hostile.php; echo; php ${at}/config.php; echo; MESHWRIGHT_WRITABLE=1 php ${at}/config.php; echo
      for f in config bad helper; do php -l ${at}/$f.php >/dev/null 2>&1; echo "$f $?"; done`,
    )
    expect(JSON.parse(output.split('\n')[0] ?? '')).toEqual(hostile)
    expect(output).toContain(String.raw`["\\OC\\Files\\ObjectStore\\S3",true]`)
    expect(output).toContain(String.raw`["\\OC\\Files\\ObjectStore\\S3",false]`)
    expect(output).toContain('config 0\nbad 255\nhelper 0\n')
  })

  test('nginx and PHP-FPM serve the front controller, and nobody gets what is private', async () => {
    const made = await setting(services)
    const at = laidOut({
      'root/index.php': '<?php echo "front ", $_SERVER["PATH_INFO"] ?? "", " ", $_SERVER["HTTPS"] ?? "plain", "\\n";',
      'root/status.php': '<?php echo "{\\"installed\\":true}\\n";',
      'root/config/config.php': '<?php echo "secret\\n";',
      'root/core/js/a.mjs': 'export default 1\n',
      'root/.htaccess': 'deny\n',
      'root/occ': 'occ\n',
    })
    const nginx = socketOnDebian(made.textOf('tesla', 'cloud-app', 'usr/local/etc/nginx/nginx.conf'), at)
    const fpm = socketOnDebian(made.textOf('tesla', 'cloud-app', 'usr/local/etc/php-fpm.conf'), at)
    const conf = laidOut({
      'nginx.conf': nginx,
      'fpm.conf': fpm,
      'nginx-bad.conf': nginx.replace('fastcgi_pass', 'fastcgi_pas'),
      'fpm-bad.conf': fpm.replace('pm.max_children', 'pm.max_childs'),
    })
    const addresses = made.addressesOf('tesla', 'cloud-app')
    const ask = (path: string) =>
      `echo "${path} $(curl -s -o ${at}/body -w '%{http_code} %{content_type} %{redirect_url}' 'http://${addresses[0]}:8080${path}') $(head -c 60 ${at}/body | head -n 1)"`
    const paths = [
      '/status.php',
      '/',
      '/apps/files?x=1',
      '/remote.php/dav/',
      '/config/config.php',
      '/.htaccess',
      '/occ',
      '/core/js/a.mjs',
      '/.well-known/carddav',
      '/lib/x',
      '/evil.php/x',
    ]
    const { output } = alone(
      addresses,
      `chmod -R a+rX ${at}; chmod a+rwx ${at}
      nginx -t -q -c ${conf}/nginx.conf; echo "nginx $?"
      nginx -t -q -c ${conf}/nginx-bad.conf 2>/dev/null; echo "nginx-bad $?"
      php-fpm8.2 -t -y ${conf}/fpm.conf >/dev/null 2>&1; echo "fpm $?"
      php-fpm8.2 -t -y ${conf}/fpm-bad.conf >/dev/null 2>&1; echo "fpm-bad $?"
      php-fpm8.2 -F -y ${conf}/fpm.conf > ${at}/fpm.log 2>&1 &
      nginx -g 'daemon off;' -c ${conf}/nginx.conf > ${at}/nginx.log 2>&1 &
      for i in $(seq 100); do curl -fs -o /dev/null http://${addresses[0]}:8080/status.php && break; sleep 0.1; done
      ${paths.map(ask).join('\n')}
      curl -s -o /dev/null -w 'dav %{redirect_url}\\n' -A DavClnt http://[${addresses[1]}]:8080/`,
    )
    expect(output).toContain('nginx 0\nnginx-bad 1\nfpm 0\nfpm-bad 78\n')
    expect(output).toMatch(/^\/status\.php 200 .*\{"installed":true\}$/m)
    expect(output).toMatch(/^\/ 200 .*front {2}on$/m)
    expect(output).toMatch(/^\/apps\/files\?x=1 200 .*front \/apps\/files on$/m)
    expect(output).toMatch(/^\/core\/js\/a\.mjs 200 text\/javascript {2}export default 1$/m)
    expect(output).toMatch(/^\/\.well-known\/carddav 301 .*\/remote\.php\/dav\//m)
    for (const path of ['/config/config.php', '/.htaccess', '/occ', '/lib/x', '/remote.php/dav/'])
      expect(output).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')} 404 `, 'm'))
    // Scripts that are not entries are the front controller's business.
    expect(output).toMatch(/^\/evil\.php\/x 200 .*front \/evil\.php\/x on$/m)
    expect(output).toMatch(/^dav .*\/remote\.php\/webdav\/$/m)
    expect(output).not.toContain('secret')
  })

  test('is installed once, by one node, in the database that Patroni made for it; the others join', async () => {
    const made = await setting(services)
    const [database] = made.addressesOf('bohr', 'db-proxy')
    const sql = made.textOf('bohr', 'db-postgres', 'usr/local/etc/patroni/clients.sql')
    const tree = (host: string, at: string) => {
      const move = (text: string) =>
        text
          .replaceAll('/usr/local/www/nextcloud', `${at}/${host}/root`)
          .replaceAll('/usr/local/libexec/meshwright', `${at}/${host}/libexec`)
          .replaceAll('/usr/local/etc/meshwright', `${at}/${host}/etc`)
          .replaceAll('/var/db/nextcloud', `${at}/${host}/data`)
          .replaceAll(/su -m www -c/g, 'sh -c')
          .replaceAll(/-o www -g www/g, '-o root -g root')
          .replaceAll('www:www', 'root:root')
          // All nodes ask the one database here.
          .replace(/'dbhost' => '.*'/, `'dbhost' => '${database}:5000'`)
      const of = (path: string) => move(made.textOf(host, 'cloud-app', path))
      return {
        [`${host}/root/config/meshwright.config.php`]: of(config),
        [`${host}/root/version.php`]: '<?php $OC_Version = [31, 0, 4, 1];',
        [`${host}/root/occ`]: '<?php',
        // What the installer does as far as the steps can see.
        [`${host}/root/console.php`]: `<?php
$get = fn($name) => $argv[array_search("--$name", $argv) + 1];
file_put_contents(__DIR__ . '/seen', file_get_contents('/proc/self/cmdline') . "\\n" . $get('admin-pass') . ' ' . getenv('MESHWRIGHT_WRITABLE'));
$db = new PDO('pgsql:host=' . strtr($get('database-host'), [':' => ';port=']) . ';dbname=' . $get('database-name'), $get('database-user'), $get('database-pass'));
$db->exec("CREATE TABLE oc_appconfig (appid text, configkey text, configvalue text)");
$db->exec("INSERT INTO oc_appconfig VALUES ('core', 'installedat', '1')");
file_put_contents(__DIR__ . '/config/config.php', "<?php\\n\\$CONFIG = [\\n  'installed' => true,\\n];\\n");
echo "installed\\n";`,
        [`${host}/libexec/nextcloud.php`]: of('usr/local/libexec/meshwright/nextcloud.php'),
        [`${host}/etc/nextcloud-admin`]: of('usr/local/etc/meshwright/nextcloud-admin'),
        [`${host}/setup.sh`]: of('usr/local/libexec/meshwright/cloud-setup.sh'),
      }
    }
    const at = laidOut({})
    const there = laidOut({ ...tree('bohr', '@DIR@'), ...tree('tesla', '@DIR@'), 'clients.sql': sql })
    const { output } = alone(
      [database],
      `grep -rl @DIR@ ${there} | xargs sed -i 's#@DIR@/#${there}/#g'
      chown postgres ${at}; chmod a+rx ${at} ${there}; bin=/usr/lib/postgresql/15/bin
      as() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
      step() { echo "== $1 $2"; dash ${there}/$1/setup.sh 2>&1; echo "exit $?"; }
      step bohr away
      as $bin/initdb -D ${at}/db -A trust --no-sync >/dev/null && echo 'host all all all scram-sha-256' >> ${at}/db/pg_hba.conf
      as $bin/postgres -D ${at}/db -p 5000 -k ${at} -c listen_addresses=${database} -c fsync=off > ${at}/pg.log 2>&1 &
      for i in $(seq 100); do as psql -h ${at} -p 5000 -c 'select 1' >/dev/null 2>&1 && break; sleep 0.1; done
      for i in 1 2; do as psql -X -q -h ${at} -p 5000 -f - < ${there}/clients.sql && echo "clients $i"; done
      step tesla early
      step bohr first
      step bohr again
      step tesla joins
      step tesla again
      cat ${there}/tesla/root/config/config.php; ls ${there}/bohr/data -A
      tr '\\0' ' ' < ${there}/bohr/root/seen; echo; grep -ci error ${at}/pg.log`,
    )
    const admin = made.textOf('bohr', 'cloud-app', 'usr/local/etc/meshwright/nextcloud-admin').trim()
    expect(output).toMatch(/== bohr away\n(?:.*\n)*?nextcloud: the database does not answer\nexit 1/)
    expect(output).toContain('clients 1\nclients 2\n')
    expect(output).toContain('== tesla early\nnextcloud: not installed yet: run this step on bohr first\nexit 1')
    expect(output).toContain('== bohr first\ninstalled\nexit 0')
    expect(output).toContain('== bohr again\nnextcloud: this node is set up\nexit 0')
    expect(output).toContain('== tesla joins\nnextcloud: this node has joined, version 31.0.4.1\nexit 0')
    expect(output).toContain('== tesla again\nnextcloud: this node is set up\nexit 0')
    expect(output).toContain("'version' => '31.0.4.1'")
    // occ was told the password, and ps(1) would not have shown it.
    expect(output).toMatch(new RegExp(`nextcloud\\.php install \\n${admin} 1\\n`))
  })
})
