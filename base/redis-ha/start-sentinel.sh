#!/bin/sh
# Sentinel rewrites its configuration; what it has learnt is kept on the claim, so that an outage of all three forgets
# nothing. The rest comes from Git at each start.
set -eu
umask 077
. "${CONFIG:-/etc/redis}/peers.sh"
kept=$data/sentinel/sentinel.conf
mkdir -p "$data/sentinel"
touch "$kept"

leader=$(sed -n 's/^sentinel monitor buildingos \([^ ]*\) .*/\1/p' "$kept")
learnt=$(grep -E '^sentinel ((current|config|leader)-epoch|known-(replica|sentinel)) ' "$kept" || true)
[ -n "$leader" ] || leader=$(primary)
[ -n "$leader" ] || leader=redis-0.redis-headless # the very first start

{
  cat "$config/sentinel.conf"
  echo "dir $data/sentinel"
  # The same one at each start: the others never forget a Sentinel, and count the dead ones in every vote.
  echo "sentinel myid $(printf %s "$me" | sha1sum | cut -c 1-40)"
  echo "sentinel announce-ip $me"
  echo "sentinel monitor buildingos $leader 6379 2"
  # `echo` would read a password's backslashes.
  printf '%s\n' "requirepass $(password)" "sentinel sentinel-pass $(password)" "sentinel auth-pass buildingos $(password)"
  echo "$learnt"
} >"$kept.new"
mv "$kept.new" "$kept"
exec redis-sentinel "$kept"
