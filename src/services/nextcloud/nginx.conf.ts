/** usr/local/etc/nginx/nginx.conf: the front controller, and what nobody may fetch (Nextcloud, administration manual, nginx). */
import { madeBy } from '../../render/file.ts'
import { template } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { root } from './config.php.ts'
import type { NextcloudOptions } from './nextcloud.ts'
import { socket } from './php-fpm.conf.ts'

export const httpPort = 8080

const nginx = template<string | number>(value => {
  if (/[^A-Za-z0-9 ._:/[\]-]/.test(String(value)))
    throw new Error(`${String(value)} in nginx.conf: this is a bug in meshwright`)
  return String(value)
})

export function renderNginx({ jail }: Instance, service: Deployed<NextcloudOptions>): JailFile {
  const { options } = service
  const https = options.scheme === 'https' ? nginx`fastcgi_param HTTPS on;` : null
  const content = nginx`
    # ${madeBy}
    user www;
    worker_processes auto;
    pid /var/run/nginx.pid;
    error_log syslog:server=unix:/var/run/log warn;

    events {
        worker_connections 1024;
    }

    http {
        include /usr/local/etc/nginx/mime.types;
        types {
            text/javascript mjs;
        }
        default_type application/octet-stream;
        access_log off;
        server_tokens off;
        sendfile on;
        keepalive_timeout 65s;

        server {
            listen ${jail.address.inet.text}:${httpPort};
            listen [${jail.address.inet6.text}]:${httpPort};
            server_name _;
            root ${root};
            index index.php;

            client_max_body_size ${Math.ceil(options.upload / 2 ** 20)}m;
            client_body_timeout 300s;
            fastcgi_buffers 64 4k;

            # A header that is set again further down would hide these there.
            add_header Referrer-Policy no-referrer always;
            add_header X-Content-Type-Options nosniff always;
            add_header X-Frame-Options SAMEORIGIN always;
            add_header X-Permitted-Cross-Domain-Policies none always;
            add_header X-Robots-Tag "noindex, nofollow" always;

            location = / {
                if ($http_user_agent ~ ^DavClnt) {
                    return 302 /remote.php/webdav/$is_args$args;
                }
                rewrite ^ /index.php last;
            }
            location = /robots.txt {
                allow all;
            }
            location ^~ /.well-known {
                location = /.well-known/carddav {
                    return 301 /remote.php/dav/;
                }
                location = /.well-known/caldav {
                    return 301 /remote.php/dav/;
                }
                return 301 /index.php$request_uri;
            }

            location ~ ^/(?:build|tests|config|lib|3rdparty|templates|data)(?:$|/) {
                return 404;
            }
            location ~ ^/(?:\\.|autotest|occ|issue|indie|db_|console) {
                return 404;
            }

            location ~ \\.php(?:$|/) {
                # Every other script is the front controller's business.
                rewrite ^/(?!index|remote|public|cron|core/ajax/update|status|ocs/v[12]|updater/.+|ocs-provider/.+|.+/richdocumentscode(?:_arm64)?/proxy) /index.php$request_uri;
                fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
                set $path_info $fastcgi_path_info;
                try_files $fastcgi_script_name =404;
                include /usr/local/etc/nginx/fastcgi_params;
                fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
                fastcgi_param PATH_INFO $path_info;
                ${https}
                fastcgi_param modHeadersAvailable true;
                fastcgi_param front_controller_active true;
                fastcgi_pass unix:${socket};
                fastcgi_intercept_errors on;
                fastcgi_request_buffering off;
                fastcgi_read_timeout ${options.timeout}s;
                fastcgi_max_temp_file_size 0;
            }

            location ~ \\.(?:css|js|mjs|svg|gif|ico|jpg|png|webp|wasm|tflite|map|ogg|flac|otf|woff2?)$ {
                try_files $uri /index.php$request_uri;
                expires 7d;
            }
            location /remote {
                return 301 /remote.php$request_uri;
            }
            location / {
                try_files $uri $uri/ /index.php$request_uri;
            }
        }
    }
  `
  return {
    path: 'usr/local/etc/nginx/nginx.conf',
    text: content.text,
    mode: 0o644,
    secret: false,
    reload: { rc: 'nginx', how: 'reload' },
  }
}
