#!/usr/bin/env bash
# Kill SOGo with all its workers and start it again, while the other servers stay. Needs root.
set -euo pipefail
. "$(dirname "$0")/lab.sh"

stop sogod
while listening "$SOGO_PORT"; do sleep 0.05; done # the last worker to die
start_sogod
