# shellcheck shell=bash
# Settings and helpers of the lab, sourced by the scripts beside it.

LAB=${AIRLIFT_LAB:-${TMPDIR:-/tmp}/airlift-lab}
LAB_USERS=${AIRLIFT_LAB_USERS:-alice bob carol dave erin frank}
LAB_WORKERS=${AIRLIFT_LAB_WORKERS:-12}
LAB_PORT=${AIRLIFT_LAB_PORT:-18880}

EAS_PORT=$LAB_PORT
SOGO_PORT=$((LAB_PORT + 1))
IMAP_PORT=$((LAB_PORT + 2))
SMTP_PORT=$((LAB_PORT + 3))
SQL_PORT=$((LAB_PORT + 4))
CACHE_PORT=$((LAB_PORT + 5))

# In the order in which they start; they stop the other way round.
DAEMONS=(postgres memcached dovecot smtpsink sogod nginx)

die() {
  echo "lab: $*" >&2
  exit 1
}

# running NAME: the daemon's recorded pid is alive and is a process of this lab. A pid that the system gave to
# somebody else since then is not.
running() {
  local pid
  pid=$(cat "$LAB/run/$1.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && grep -qF "$LAB/" "/proc/$pid/cmdline" 2>/dev/null
}

# stop NAME: by its recorded pid, politely first.
stop() {
  local pid signal=TERM
  running "$1" || return 0
  pid=$(cat "$LAB/run/$1.pid")
  [ "$1" = postgres ] && signal=INT # fast shutdown: does not wait for clients
  kill -s "$signal" "$pid"
  for _ in $(seq 300); do # sogod takes about a second for each of its workers
    running "$1" || break
    sleep 0.1
  done
  if running "$1"; then
    echo "lab: $1 ($pid) did not stop within 30 s: killed" >&2
    kill -s KILL -- "-$pid" # with the children: up.sh made it the leader of a process group
  fi
  rm -f "$LAB/run/$1.pid"
}
