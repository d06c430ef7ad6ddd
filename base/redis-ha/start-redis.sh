#!/bin/sh
# Start as what the Sentinels say: a pod that comes back must never be written to because of what it was.
set -eu
umask 077
. "${CONFIG:-/etc/redis}/peers.sh"
run=${RUN:-/run/redis}
trap 'exit 0' TERM # the shell is the first process while it waits

# Tell whether two of three Sentinels name this pod.
is_named() {
  [ "$(answers | grep -c " $me\$")" -ge 2 ]
}

# Tell whether this pod may be a primary: one with nothing on its disk must not empty the others.
may_lead() {
  [ -d "$data/appendonlydir" ] || [ -s "$data/dump.rdb" ] && return
  for node in $nodes; do
    [ "$node" = "$me" ] || [ "$(timeout 2 redis-cli -h "$node" dbsize 2>/dev/null)" = 0 ] || return 1
  done
}

while :; do
  leader=$(primary)
  if [ "$leader" = "$me" ]; then
    if is_named && may_lead; then break; fi
  elif [ -n "$leader" ]; then
    break
  fi
  echo "waiting: the Sentinels name ${leader:-nobody}" >&2
  sleep 1
done

{
  cat "$config/redis.conf" "$config/replication.conf"
  echo "replica-announce-ip $me"
  printf '%s\n' "requirepass $(password)" "masterauth $(password)" # `echo` would read its backslashes
  [ "$leader" = "$me" ] || echo "replicaof $leader 6379"
} >"$run/redis.conf"
exec redis-server "$run/redis.conf"
