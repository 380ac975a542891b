# What tesla says of itself. Nothing is changed by this.

PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
export PATH LC_ALL
nonce=0123456789abcdef
# For one command, and for a word from the network.
seconds=6
patience=3
# Who is not root asks doas(1), for the few commands that need it.
doas=
[ "$(id -u)" = 0 ] || doas='doas -n'

# Lines of less than 512 bytes, which is PIPE_BUF at least: none is ever cut by another. A long one ends with its last '='.
lines='
  BEGIN { prefix = ENVIRON["prefix"] }
  {
    gsub(/[^\t -~]/, "")
    while (length($0) > 400) {
      print prefix "+" substr($0, 1, 400)
      fflush()
      $0 = substr($0, 401)
    }
    print prefix "=" $0
    fflush()
  }'

# NAME BYTES COMMAND...: what it says, then its exit status.
part() {
  name=$1
  bytes=$2
  shift 2
  status=$({ { "$@" 2>&1 3>&- 9>&-; echo $? >&3; } | head -c "$bytes" | prefix="$nonce $name " awk "$lines" >&9 3>&-; } 3>&1)
  printf '%s %s !%s\n' "$nonce" "$name" "$status" >&9
}

plain() {
  timeout -k 1 "$seconds" "$@"
}

root() {
  if [ "$doas" ] && ! command -v doas > /dev/null; then
    echo 'needs root'
    return 1
  fi
  timeout -k 1 "$seconds" $doas "$@"
}

system() {
  echo "clock $(date +%s)"
  if command -v freebsd-version > /dev/null; then
    plain sysctl -i kern.boottime vm.loadavg hw.ncpu hw.physmem hw.pagesize vm.stats.vm.v_free_count vm.stats.vm.v_inactive_count kstat.zfs.misc.arcstats.size kstat.zfs.misc.arcstats.c_min
  else
    awk '/^btime/ { print "boot", $2 }' /proc/stat
    awk '{ print "load", $1, $2, $3 }' /proc/loadavg
    awk '/^processor/ { n++ } END { print "cpus", n }' /proc/cpuinfo
    awk '/^Mem(Total|Available):/ { print $1, $2 }' /proc/meminfo
  fi
}

# It reads through the whole of the kernel's file.
release() {
  if command -v freebsd-version > /dev/null; then
    plain freebsd-version -kru
  fi
}

# Without its module there are no pools, and zpool(8) as root would load it.
pools() {
  if command -v kldstat > /dev/null && ! kldstat -q -m zfs; then
    return 0
  fi
  plain zpool list -Hp -o name,size,alloc,health
}

# Never all of what wg(8) knows: that has the keys in it. Ages are told by the clock that the handshakes were told by.
tunnels() {
  echo "clock $(date +%s)"
  plain wg show wg0 latest-handshakes || return
  echo transfer
  plain wg show wg0 transfer
}

ends() {
  plain wg show wg0 allowed-ips || return
  echo endpoints
  plain wg show wg0 endpoints
}

# Of the rules, the first that filters; of the labels, the 200 busiest. Rules that could not be read are not told: none would pass all.
filter() {
  root pfctl -s info || return
  rules=$(root pfctl -s rules 2> /dev/null) || return 0
  echo rules
  printf '%s\n' "$rules" | awk '/^(block|pass)/ { print; exit }'
  echo labels
  root pfctl -s labels 2> /dev/null | awk '
    NF > 8 {
      p = $(NF - 6); b = $(NF - 5); s = $NF
      for (i = 0; i < 8; i++) sub(/[ \t]+[0-9]+[ \t]*$/, "")
      packets[$0] += p; bytes[$0] += b; states[$0] += s
    }
    END { for (l in packets) printf "%.0f %.0f %.0f %s\n", packets[l], bytes[l], states[l], l }' | sort -rn | head -n 200
}

carp() {
  interfaces=$(plain ifconfig -a) || return
  printf '%s\n' "$interfaces" | awk '/^[^ \t]/ { sub(/:.*/, ""); name = $0 } /^[ \t]+carp: / { print name, $0 }'
}

# JAIL ADDRESS PORT PATH TOKEN: the request goes by a pipe, so a token is in no list of processes.
http() {
  {
    printf 'GET %s HTTP/1.0\r\nHost: %s:%s\r\n' "$4" "$2" "$3"
    [ -z "$5" ] || printf 'Authorization: Bearer %s\r\n' "$5"
    printf '\r\n'
  } | root jexec "$1" nc -w "$patience" "$2" "$3"
}

http_status() {
  http "$1" "$2" "$3" "$4" '' | head -n 1
}

http_body() {
  http "$1" "$2" "$3" "$4" '' | head -c 4096
}

tcp() {
  root jexec "$1" nc -z -w "$patience" "$2" "$3"
}

redis() {
  printf 'PING\r\nQUIT\r\n' | root jexec "$1" nc -w "$patience" "$2" "$3" | head -n 1
}

dns() {
  root jexec "$1" drill -p "$3" "@$2" "$4" "$5"
}

process() {
  root service -j "$1" "$2" onestatus
}

# JAIL ADDRESS PORT PATH NAMES TOKEN-FILE: nothing but the status and samples of these names. The file is read in the jail,
# whose links may lead where they like there and nowhere else.
metrics() {
  token=
  if [ "$6" ]; then
    token=$(root jexec "$1" cat "$6" | head -c 512)
    if [ -z "$token" ]; then
      echo 'its token cannot be read'
      return 1
    fi
  fi
  http "$1" "$2" "$3" "$4" "$token" | head -c 4194304 | grep -E "^(HTTP/[0-9.]+ [0-9]|($5)[{ ])"
}

ping_one() {
  answer=$(timeout 2 ping -n -c 1 -q "$2" 2> /dev/null)
  case $answer in
  *min/avg*)
    answer=${answer##* = }
    answer=${answer#*/}
    printf '%s %s\n' "$1" "${answer%%/*}"
    ;;
  *) printf '%s -\n' "$1" ;;
  esac
}

pings() {
  command -v ping > /dev/null || return 127
  for one in \
    0/10.66.0.1 \
    1/10.65.0.1 \
    2/10.64.0.1; do
    ping_one "${one%%/*}" "${one#*/}" &
  done
  wait
}

sums() {
  if command -v sha256 > /dev/null; then
    root sha256 -r "$@"
  else
    root sha256sum "$@"
  fi
}

files() {
  sums \
    /boot/loader.conf.d/meshwright.conf \
    /etc/jail.conf.d/cache-proxy.conf \
    /etc/jail.conf.d/cache-sentinel.conf \
    /etc/jail.conf.d/cache-server.conf \
    /etc/jail.conf.d/cloud-app.conf \
    /etc/jail.conf.d/cloud-cron.conf \
    /etc/jail.conf.d/db-etcd.conf \
    /etc/jail.conf.d/db-postgres.conf \
    /etc/jail.conf.d/db-proxy.conf \
    /etc/jail.conf.d/files-proxy.conf \
    /etc/jail.conf.d/files-storage.conf \
    /etc/jail.conf.d/names-secondary.conf \
    /etc/jail.conf.d/resolver-resolver.conf \
    /etc/jail.conf.d/watch-alertmanager.conf \
    /etc/jail.conf.d/watch-blackbox.conf \
    /etc/jail.conf.d/watch-node.conf \
    /etc/jail.conf.d/watch-server.conf \
    /etc/pf-fallback.conf \
    /etc/pf.conf \
    /etc/rc.conf.d/jail/meshwright \
    /etc/rc.conf.d/netif/meshwright \
    /etc/rc.conf.d/pf/meshwright \
    /etc/rc.conf.d/routing/meshwright \
    /etc/start_if.wg0 \
    /usr/local/etc/meshwright/jails.sh \
    /usr/local/etc/meshwright/sysrc.sh \
    /usr/local/etc/wireguard/wg0.conf
  sums \
    /usr/local/jails/cache-proxy/etc/hosts \
    /usr/local/jails/cache-proxy/etc/rc.conf \
    /usr/local/jails/cache-proxy/etc/resolv.conf \
    /usr/local/jails/cache-proxy/usr/local/etc/haproxy.conf \
    /usr/local/jails/cache-sentinel/etc/hosts \
    /usr/local/jails/cache-sentinel/etc/rc.conf \
    /usr/local/jails/cache-sentinel/etc/resolv.conf \
    /usr/local/jails/cache-sentinel/usr/local/etc/meshwright/redis_exporter.json \
    /usr/local/jails/cache-sentinel/usr/local/etc/meshwright/sentinel.conf \
    /usr/local/jails/cache-sentinel/usr/local/etc/rc.d/mesh_sentinel \
    /usr/local/jails/cache-server/etc/hosts \
    /usr/local/jails/cache-server/etc/rc.conf \
    /usr/local/jails/cache-server/etc/resolv.conf \
    /usr/local/jails/cache-server/usr/local/etc/meshwright/redis_exporter.json \
    /usr/local/jails/cache-server/usr/local/etc/meshwright/valkey-steward \
    /usr/local/jails/cache-server/usr/local/etc/meshwright/valkey-users \
    /usr/local/jails/cache-server/usr/local/etc/meshwright/valkey.conf \
    /usr/local/jails/cache-server/usr/local/etc/rc.d/mesh_valkey \
    /usr/local/jails/cache-server/usr/local/libexec/meshwright/cache-clients.sh \
    /usr/local/jails/cloud-app/etc/hosts \
    /usr/local/jails/cloud-app/etc/rc.conf \
    /usr/local/jails/cloud-app/etc/resolv.conf \
    /usr/local/jails/cloud-app/usr/local/etc/meshwright/nextcloud-admin \
    /usr/local/jails/cloud-app/usr/local/etc/nginx/nginx.conf \
    /usr/local/jails/cloud-app/usr/local/etc/php-fpm.conf \
    /usr/local/jails/cloud-app/usr/local/etc/php/zz-meshwright.ini \
    /usr/local/jails/cloud-app/usr/local/libexec/meshwright/cloud-setup.sh \
    /usr/local/jails/cloud-app/usr/local/libexec/meshwright/nextcloud.php \
    /usr/local/jails/cloud-app/usr/local/www/nextcloud/config/meshwright.config.php \
    /usr/local/jails/cloud-cron/etc/hosts \
    /usr/local/jails/cloud-cron/etc/rc.conf \
    /usr/local/jails/cloud-cron/etc/resolv.conf \
    /usr/local/jails/cloud-cron/usr/local/etc/cron.d/nextcloud \
    /usr/local/jails/cloud-cron/usr/local/etc/meshwright/nextcloud-admin \
    /usr/local/jails/cloud-cron/usr/local/etc/php/zz-meshwright.ini \
    /usr/local/jails/cloud-cron/usr/local/libexec/meshwright/cloud-setup.sh \
    /usr/local/jails/cloud-cron/usr/local/libexec/meshwright/nextcloud.php \
    /usr/local/jails/cloud-cron/usr/local/www/nextcloud/config/meshwright.config.php \
    /usr/local/jails/db-etcd/etc/hosts \
    /usr/local/jails/db-etcd/etc/rc.conf \
    /usr/local/jails/db-etcd/etc/resolv.conf \
    /usr/local/jails/db-etcd/usr/local/etc/etcd.yml \
    /usr/local/jails/db-etcd/usr/local/etc/rc.d/etcd \
    /usr/local/jails/db-postgres/etc/hosts \
    /usr/local/jails/db-postgres/etc/rc.conf \
    /usr/local/jails/db-postgres/etc/resolv.conf \
    /usr/local/jails/db-postgres/usr/local/etc/patroni/clients.sql \
    /usr/local/jails/db-postgres/usr/local/etc/patroni/dcs.json \
    /usr/local/jails/db-postgres/usr/local/etc/patroni/patroni.yml \
    /usr/local/jails/db-postgres/usr/local/etc/patroni/pgpass \
    /usr/local/jails/db-postgres/usr/local/etc/patroni/rest.curl \
    /usr/local/jails/db-postgres/usr/local/etc/rc.d/patroni \
    /usr/local/jails/db-postgres/usr/local/libexec/meshwright/db-install.sh \
    /usr/local/jails/db-postgres/usr/local/libexec/meshwright/patroni-clients.sh \
    /usr/local/jails/db-proxy/etc/hosts \
    /usr/local/jails/db-proxy/etc/rc.conf \
    /usr/local/jails/db-proxy/etc/resolv.conf \
    /usr/local/jails/db-proxy/usr/local/etc/haproxy.conf \
    /usr/local/jails/files-proxy/etc/hosts \
    /usr/local/jails/files-proxy/etc/rc.conf \
    /usr/local/jails/files-proxy/etc/resolv.conf \
    /usr/local/jails/files-proxy/usr/local/etc/haproxy.conf \
    /usr/local/jails/files-storage/etc/hosts \
    /usr/local/jails/files-storage/etc/rc.conf \
    /usr/local/jails/files-storage/etc/resolv.conf \
    /usr/local/jails/files-storage/usr/local/etc/garage.toml \
    /usr/local/jails/files-storage/usr/local/etc/garage/admin.curl \
    /usr/local/jails/files-storage/usr/local/etc/garage/admin_token \
    /usr/local/jails/files-storage/usr/local/etc/garage/metrics_token \
    /usr/local/jails/files-storage/usr/local/etc/garage/node_key.b64 \
    /usr/local/jails/files-storage/usr/local/etc/garage/node_key.pub.b64 \
    /usr/local/jails/files-storage/usr/local/etc/garage/rpc_secret \
    /usr/local/jails/files-storage/usr/local/etc/rc.d/mesh_garage \
    /usr/local/jails/names-secondary/etc/hosts \
    /usr/local/jails/names-secondary/etc/rc.conf \
    /usr/local/jails/names-secondary/etc/resolv.conf \
    /usr/local/jails/names-secondary/usr/local/etc/namedb/keys.conf \
    /usr/local/jails/names-secondary/usr/local/etc/namedb/named.conf \
    /usr/local/jails/names-secondary/usr/local/etc/namedb/rndc.conf \
    /usr/local/jails/resolver-resolver/etc/hosts \
    /usr/local/jails/resolver-resolver/etc/rc.conf \
    /usr/local/jails/resolver-resolver/etc/resolv.conf \
    /usr/local/jails/resolver-resolver/usr/local/etc/unbound/unbound.conf \
    /usr/local/jails/watch-alertmanager/etc/hosts \
    /usr/local/jails/watch-alertmanager/etc/rc.conf \
    /usr/local/jails/watch-alertmanager/etc/resolv.conf \
    /usr/local/jails/watch-alertmanager/usr/local/etc/alertmanager/alertmanager.yml \
    /usr/local/jails/watch-blackbox/etc/hosts \
    /usr/local/jails/watch-blackbox/etc/rc.conf \
    /usr/local/jails/watch-blackbox/etc/resolv.conf \
    /usr/local/jails/watch-blackbox/usr/local/etc/blackbox_exporter.yml \
    /usr/local/jails/watch-node/etc/hosts \
    /usr/local/jails/watch-node/etc/rc.conf \
    /usr/local/jails/watch-node/etc/resolv.conf \
    /usr/local/jails/watch-server/etc/hosts \
    /usr/local/jails/watch-server/etc/rc.conf \
    /usr/local/jails/watch-server/etc/resolv.conf \
    /usr/local/jails/watch-server/usr/local/etc/prometheus.yml \
    /usr/local/jails/watch-server/usr/local/etc/prometheus/credentials/files-metrics-token \
    /usr/local/jails/watch-server/usr/local/etc/prometheus/rules/meshwright.yml
}

parts() {
  part system 4096 system & all="$all $!"
  part release 1024 release & all="$all $!"
  part tunnels 17664 tunnels & all="$all $!"
  part ends 18944 ends & all="$all $!"
  part pools 16384 pools & all="$all $!"
  part jails 16384 plain jls name & all="$all $!"
  part interfaces 262144 plain netstat --libxo json -ibn & all="$all $!"
  part pf 65536 filter & all="$all $!"
  part carp 8192 carp & all="$all $!"
  part pings 8192 pings & all="$all $!"
  part files 73216 files & all="$all $!"
  part probe/cache-server 8192 redis cache-server 10.66.2.7 6379 & all="$all $!"
  part metrics/cache-server 65536 metrics cache-server 10.66.2.7 9121 /metrics 'redis_up|redis_instance_info|redis_connected_slaves|redis_connected_slave_lag_seconds|redis_master_link_up|redis_master_last_io_seconds_ago|redis_master_sync_in_progress|redis_master_repl_offset|redis_loading_dump_file|redis_memory_used_bytes|redis_memory_max_bytes' '' & all="$all $!"
  part probe/cache-sentinel 8192 redis cache-sentinel 10.66.2.5 26379 & all="$all $!"
  part metrics/cache-sentinel 65536 metrics cache-sentinel 10.66.2.5 9121 /metrics 'redis_up|redis_sentinel_master_status|redis_sentinel_master_ckquorum_status|redis_sentinel_master_sentinels|redis_sentinel_master_ok_sentinels|redis_sentinel_master_slaves|redis_sentinel_master_ok_slaves|redis_sentinel_tilt' '' & all="$all $!"
  part probe/cache-proxy 8192 tcp cache-proxy 10.66.2.3 6379 & all="$all $!"
  part metrics/cache-proxy 65536 metrics cache-proxy 10.66.2.3 8404 /metrics 'haproxy_backend_agg_server_status|haproxy_backend_status' '' & all="$all $!"
  part probe/cloud-app 8192 http_body cloud-app 10.66.2.9 8080 /status.php & all="$all $!"
  part probe/cloud-cron 8192 process cloud-cron cron & all="$all $!"
  part probe/db-etcd 8192 http_status db-etcd 10.66.2.13 2379 /health & all="$all $!"
  part metrics/db-etcd 65536 metrics db-etcd 10.66.2.13 2379 /metrics 'etcd_server_has_leader|etcd_server_is_leader|etcd_server_is_learner|etcd_server_leader_changes_seen_total|etcd_mvcc_db_total_size_in_bytes|etcd_server_quota_backend_bytes' '' & all="$all $!"
  part probe/db-postgres 8192 http_status db-postgres 10.66.2.15 8008 /health & all="$all $!"
  part metrics/db-postgres 65536 metrics db-postgres 10.66.2.15 8008 /metrics 'patroni_postgres_running|patroni_primary|patroni_master|patroni_standby_leader|patroni_replica|patroni_sync_standby|patroni_quorum_standby|patroni_postgres_streaming|patroni_postgres_in_archive_recovery|patroni_cluster_unlocked|patroni_failsafe_mode_is_active|patroni_is_paused|patroni_pending_restart|patroni_xlog_paused|patroni_postgres_timeline|patroni_xlog_location|patroni_xlog_received_location|patroni_xlog_replayed_location|patroni_dcs_last_seen' '' & all="$all $!"
  part probe/db-proxy 8192 tcp db-proxy 10.66.2.17 5000 & all="$all $!"
  part metrics/db-proxy 65536 metrics db-proxy 10.66.2.17 8404 /metrics 'haproxy_backend_agg_server_status|haproxy_backend_status' '' & all="$all $!"
  part probe/files-storage 8192 http_status files-storage 10.66.2.21 3903 /health & all="$all $!"
  part metrics/files-storage 65536 metrics files-storage 10.66.2.21 3903 /metrics 'cluster_healthy|cluster_available|cluster_partitions|cluster_partitions_quorum|cluster_partitions_all_ok|cluster_storage_nodes|cluster_storage_nodes_ok|cluster_known_nodes|cluster_connected_nodes|garage_local_disk_avail|garage_local_disk_total' /usr/local/etc/garage/metrics_token & all="$all $!"
  part probe/files-proxy 8192 tcp files-proxy 10.66.2.19 3900 & all="$all $!"
  part metrics/files-proxy 65536 metrics files-proxy 10.66.2.19 8404 /metrics 'haproxy_backend_agg_server_status|haproxy_backend_status' '' & all="$all $!"
  part probe/names-secondary 8192 dns names-secondary 10.66.2.23 53 mesh.example.net SOA & all="$all $!"
  part metrics/names-secondary 65536 metrics names-secondary 10.66.2.23 9119 /metrics 'bind_up|bind_zone_serial|meshwright_dns_serial|probe_dns_serial' '' & all="$all $!"
  part probe/resolver-resolver 8192 dns resolver-resolver 10.66.2.25 53 localhost A & all="$all $!"
  part probe/watch-server 8192 http_status watch-server 10.66.2.33 9090 /-/healthy & all="$all $!"
  part metrics/watch-server 65536 metrics watch-server 10.66.2.33 9090 /metrics 'prometheus_config_last_reload_successful|prometheus_tsdb_head_series|prometheus_rule_evaluation_failures_total' '' & all="$all $!"
  part probe/watch-alertmanager 8192 http_status watch-alertmanager 10.66.2.27 9093 /-/healthy & all="$all $!"
  part metrics/watch-alertmanager 65536 metrics watch-alertmanager 10.66.2.27 9093 /metrics 'alertmanager_config_last_reload_successful|alertmanager_cluster_members|alertmanager_notifications_total|alertmanager_notifications_failed_total' '' & all="$all $!"
  part probe/watch-node 8192 tcp watch-node 10.66.2.31 9100 & all="$all $!"
  part metrics/watch-node 65536 metrics watch-node 10.66.2.31 9100 /metrics 'node_exporter_build_info|node_textfile_scrape_error' '' & all="$all $!"
  part probe/watch-blackbox 8192 http_status watch-blackbox 10.66.2.29 9115 /-/healthy & all="$all $!"
  part metrics/watch-blackbox 65536 metrics watch-blackbox 10.66.2.29 9115 /metrics 'blackbox_exporter_config_last_reload_successful|blackbox_exporter_build_info' '' & all="$all $!"
}

probe() {
  late=
  trap 'late=yes' TERM
  printf '%s begin\n' "$nonce"
  all=
  parts
  dog=
  if [ "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ ]; then
    (
      trap 'kill $sleep' TERM
      sleep 8 &
      sleep=$!
      wait $sleep && kill -TERM 0
    ) > /dev/null 2>&1 9>&- &
    dog=$!
  fi
  for one in $all; do
    [ "$late" ] || wait "$one"
  done
  [ -z "$dog" ] || kill -TERM "$dog" 2> /dev/null
  printf '%s end\n' "$nonce"
}

trap : TERM
probe < /dev/null 9>&1 | (
  trap '' TERM
  exec cat
)
