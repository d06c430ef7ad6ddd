#!/bin/sh
# nginx reads neither resolv.conf nor its search list: hand it both, as configuration.
set -eu
resolv=${RESOLV_CONF:-/etc/resolv.conf}
out=${OUT:-/etc/nginx/resolver/resolver.conf}

servers=$(awk '$1 == "nameserver" { printf " %s", ($2 ~ /:/ ? "[" $2 "]" : $2) }' "$resolv")
domain=$(awk '$1 == "search" { found = $2 } END { print found }' "$resolv")
if [ -z "$servers" ]; then
  echo "resolver: no nameserver: $resolv" >&2
  exit 1
fi

cat >"$out" <<CONF
resolver$servers valid=10s;
resolver_timeout 3s;
map \$host \$search_domain { default "${domain:+.$domain}"; }
CONF
