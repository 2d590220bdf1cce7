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
  local pid
  running "$1" || return 0
  pid=$(cat "$LAB/run/$1.pid")
  case $1 in
    postgres) kill -s INT "$pid" ;; # fast shutdown: does not wait for clients
    sogod) end "$pid" ;;            # politely it takes half a minute, and it keeps its state in PostgreSQL
    *) kill -s TERM "$pid" ;;
  esac
  for _ in $(seq 100); do
    running "$1" || break
    sleep 0.1
  done
  if running "$1"; then
    echo "lab: $1 ($pid) did not stop within 10 s: killed" >&2
    end "$pid"
  fi
  rm -f "$LAB/run/$1.pid"
}

# end PID: at once, with its children. up.sh made it the leader of a process group.
end() { kill -s KILL -- "-$1"; }
