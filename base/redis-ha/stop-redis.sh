#!/bin/sh
# A primary that leaves hands over first: no write is lost, and nobody waits for Sentinel to miss it.
# Whatever goes wrong here, redis still gets its signal and Sentinel elects.
set -eu
. "${CONFIG:-/etc/redis}/peers.sh"

here() {
  timeout 2 redis-cli -h "${LOCAL:-127.0.0.1}" "$@"
}

# Tell whether every replica has all that was written before the pause; they report once a second.
have_caught_up() {
  here info replication | tr -d '\r' | awk -F '[:=,]' -v mark="$mark" '
    /^slave[0-9]/ { seen++; if ($7 == "online" && $9 >= mark + 0) good++ }
    END { exit !(seen && good == seen) }'
}

# Ask a Sentinel of the others, because the one beside it is leaving too; not one that distrusts its own clock and waits.
hand_over() {
  for node in $nodes; do
    if [ "$node" != "$me" ] && sentinel "$node" info sentinel | grep -q "^sentinel_tilt:0" &&
      [ "$(sentinel "$node" sentinel failover buildingos)" = OK ]; then
      return
    fi
  done
  return 1
}

# Try something once a second, ten times.
patiently() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if "$@"; then return; fi
    sleep 1
  done
  return 1
}

is_replaced() {
  case $(primary) in "$me" | "") return 1 ;; esac
}

[ "$(here role | head -n 1)" = master ] || exit 0
# Until its end: what waits now is refused or cut off, and never acknowledged.
here client pause 60000 write >/dev/null
mark=$(here info replication | tr -d '\r' | sed -n 's/^master_repl_offset://p')
if patiently have_caught_up && hand_over; then patiently is_replaced || true; fi
