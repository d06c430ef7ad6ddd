#!/bin/bash
# The image's entry point traces itself, and its client repeats the statement that sets the password: the pod's log would
# have it at every start. So what either says goes through here first.
exec > >(
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "${line//"$TAOS_ROOT_PASSWORD"/***}"
  done
) 2>&1
exec "${INIT:-/tini}" -- "${ENTRY_POINT:-/usr/bin/entrypoint.sh}"
