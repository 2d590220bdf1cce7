#!/usr/bin/env bash
# Stop the servers that up.sh started, by their recorded pids, and keep their data. `down.sh wipe` removes the data too.
set -euo pipefail
. "$(dirname "$0")/lab.sh"

for ((i = ${#DAEMONS[@]} - 1; i >= 0; i--)); do
  stop "${DAEMONS[i]}"
done

if [ "${1:-}" = wipe ] && [ -e "$LAB/lab.env" ]; then
  rm -rf "$LAB"
fi
