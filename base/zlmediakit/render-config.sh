#!/bin/sh
# Copies config.ini with the API secret in it. In place of a missing secret the server would make one that nobody knows.
set -eu
in=${IN:-/config/config.ini}
out=${OUT:-/conf/config.ini}
secret=$(cat "${SECRET_FILE:-/run/secrets/zlmediakit/secret}")
case $secret in
  "" | *[!A-Za-z0-9._-]*)
    echo "render-config: the secret must be letters, digits and . _ - only" >&2
    exit 1
    ;;
esac
umask 077
sed "s/^secret=@SECRET@\$/secret=$secret/" "$in" >"$out"
grep -qxF "secret=$secret" "$out"
