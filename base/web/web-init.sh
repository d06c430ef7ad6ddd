#!/bin/sh
# Unpack the image's assets into the shared volume, once per version.
#
# The version is the assets' own identity, so that a bump of the image is the only line that changes in Git. Readers
# follow the link `current`, which one rename switches: what is served is always one whole version. Safe to run twice
# at once and to kill anywhere: everything is made under a name of its own and then renamed.
set -eu

: "${SOURCE:?the assets in the image}" "${TARGET:?the shared volume}"
KEEP=${KEEP:-3}
me=$(hostname)-$$

version=$(cd "$SOURCE" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2 | sha256sum | cut -c 1-16)
releases=$TARGET/releases
sentinel=$TARGET/.initialized

if [ "$(cat "$sentinel" 2>/dev/null || true)" = "$version" ] && [ -d "$TARGET/current/" ]; then
  echo "already unpacked: $version"
  exit 0
fi

mkdir -p "$releases"
if [ ! -d "$releases/$version" ]; then
  mkdir "$releases/.new-$me"
  cp -R "$SOURCE/." "$releases/.new-$me/"
  # Another run may have been faster: its tree is the same.
  mv -T "$releases/.new-$me" "$releases/$version" 2>/dev/null || [ -d "$releases/$version" ]
fi
touch "$releases/$version"

ln -s "releases/$version" "$TARGET/.current-$me"
mv -T "$TARGET/.current-$me" "$TARGET/current"
echo "$version" > "$TARGET/.initialized-$me"
mv "$TARGET/.initialized-$me" "$sentinel"
echo "unpacked: $version"

# Old releases go, newest first to stay; so does what killed runs left more than an hour ago.
current=$(basename "$(readlink "$TARGET/current")")
ls -1t "$releases" | grep -v "^$current\$" | tail -n "+$KEEP" | while read -r old; do
  rm -rf "${releases:?}/$old"
done
find "$releases" "$TARGET" -maxdepth 1 -name '.*-*' -mmin +60 -exec rm -rf {} +
