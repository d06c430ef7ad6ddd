#!/bin/sh
# Unpacks the image's assets into the volume that every web pod serves, once per version.
#
#   releases/<version>/  one whole release each; the newest KEEP stay, as the archive
#   current, previous    links that are replaced by a rename: a reader sees the old release or the new one
#   .initialized         the sentinel: the version that was unpacked last, written after everything else
#
# The version is the identity of the content: its hash, after the image's own VERSION file if it has one. So it follows
# the image without being told the tag, and the pin stays the only line that a bump changes. A kill at any moment leaves
# a whole release being served, and the next run goes on from there.
set -eu
umask 022

SOURCE=${SOURCE:-/usr/share/nginx/html}
TARGET=${TARGET:-/srv/frontend}
KEEP=${KEEP:-3}

say() { echo "web-init: $*"; }
die() { say "$*" >&2; exit 1; }

fingerprint() {
  (cd "$1" && find -L . -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum | cut -c 1-16)
}

served() { readlink "$TARGET/$1" 2>/dev/null || true; }

initialized() {
  [ "$(cat "$TARGET/.initialized" 2>/dev/null)" = "$version" ] &&
    [ "$(served current)" = "releases/$version" ] && [ -f "$TARGET/current/index.html" ]
}

# point LINK RELEASE: a rename is what makes the switch atomic; ln -f would remove the link first.
point() {
  ln -s "$2" "$work/$1"
  mv -fT "$work/$1" "$TARGET/$1"
}

[ -f "$SOURCE/index.html" ] || die "the image has no entry page: $SOURCE/index.html"
[ "$KEEP" -ge 2 ] || die "KEEP must be 2 or more, for current and previous: $KEEP"

hash=$(fingerprint "$SOURCE")
label=
if [ -f "$SOURCE/VERSION" ]; then
  label=$(head -n 1 "$SOURCE/VERSION" | tr -cd 'A-Za-z0-9._-' | sed 's/^[._-]*//' | cut -c 1-40)
fi
version=${label:+$label-}$hash

mkdir -p "$TARGET/releases"

# One run at a time; the kernel drops the lock when its holder dies. Where locks don't work the rest is safe without one,
# but then what other runs left, or no longer use, can't be told from their work, and only what is old goes.
age='-mmin +60'
exec 9>"$TARGET/.lock"
if flock 9; then age=; else say "running without a lock" >&2; fi
# shellcheck disable=SC2086 # two words, or none
find "$TARGET" -maxdepth 1 -name '.tmp.*' $age -exec rm -rf {} +

work=$(mktemp -d "$TARGET/.tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM

release=$TARGET/releases/$version
# The newest stay, and a release that is used again is new.
whole() { touch -c "$release" && [ -d "$release" ] && [ "$(fingerprint "$release")" = "$hash" ]; }

unpack() {
  mkdir "$work/release"
  cp -RL "$SOURCE/." "$work/release/"
  chmod -R u+rwX,go+rX "$work/release"
  [ "$(fingerprint "$work/release")" = "$hash" ] || die "the copy differs from the image: $version"
  # The rename must not reach the disk before the data does.
  sync -f "$work" 2>/dev/null || sync
  if [ -d "$release" ] && ! whole; then
    say "replacing a damaged release: $version"
    mv -T "$release" "$work/damaged"
  fi
  # Without a lock another run may have been faster: its release is the same.
  mv -T "$work/release" "$release" 2>/dev/null || whole || die "the release can't be put in place: $version"
  say "unpacked: $version"
}

switch() {
  before=$(served current)
  if [ "$before" != "releases/$version" ]; then
    if [ -n "$before" ] && [ -d "$TARGET/$before" ]; then point previous "$before"; fi
    point current "releases/$version"
  fi
  echo "$version" >"$work/.initialized"
  mv -f "$work/.initialized" "$TARGET/.initialized"
  say "current: $version"
}

# prune NUMBER: what remains in all, of which current and previous always are two.
prune() {
  kept=2
  # shellcheck disable=SC2045 # the names are ours: letters, digits and . _ -
  for name in $(ls -1t "$TARGET/releases"); do
    case "releases/$name" in
      "$(served current)" | "$(served previous)") continue ;;
    esac
    kept=$((kept + 1))
    # shellcheck disable=SC2086 # two words, or none
    [ "$kept" -gt "$1" ] && [ -n "$(find "$TARGET/releases/$name" -maxdepth 0 $age)" ] || continue
    rm -rf "$TARGET/releases/$name"
    say "pruned: $name"
  done
}

if initialized; then
  say "already unpacked: $version"
else
  if whole; then
    say "unpacked before: $version"
  else
    prune $((KEEP - 1)) # the claim needs room for KEEP releases, not for one more
    unpack
  fi
  switch
fi
prune "$KEEP"
