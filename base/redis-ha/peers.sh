# What the pods are called and what their Sentinels say; read by the scripts beside it.
config=${CONFIG:-/etc/redis}
data=${DATA:-/data}
nodes="redis-0.redis-headless redis-1.redis-headless redis-2.redis-headless"
me=$POD_NAME.redis-headless

# Ask one pod's Sentinel; one that does not answer says nothing.
sentinel() {
  host=$1
  shift
  timeout 2 redis-cli -h "$host" -p 26379 "$@" 2>/dev/null || true
}

# Print a line for each Sentinel that answers: the epoch of what it knows, and the primary; the newest first.
answers() {
  for node in $nodes; do
    sentinel "$node" sentinel master buildingos | awk '
      NR % 2 { key = $0; next }
      key == "ip" { host = $0 }
      key == "config-epoch" { epoch = $0 }
      END { if (host != "") print epoch, host }'
  done | sort -rn
}

# Print who the primary is, as the newest answer has it; nothing when nobody answers.
primary() {
  answers | sed -n '1s/^[0-9]* //p'
}

# Print the password as a configuration quotes it.
password() {
  printf '"%s"' "$(printf %s "$REDISCLI_AUTH" | sed 's/[\\"]/\\&/g')"
}
