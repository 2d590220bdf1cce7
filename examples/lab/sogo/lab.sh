# shellcheck shell=bash
# Settings and helpers of the lab, sourced by the scripts beside it.

LAB=${AIRLIFT_LAB:-${TMPDIR:-/tmp}/airlift-lab}
LAB_USERS=${AIRLIFT_LAB_USERS:-alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil}
LAB_WORKERS=${AIRLIFT_LAB_WORKERS:-12}
# A lab that was made keeps its ports.
LAB_PORT=${AIRLIFT_LAB_PORT:-$(sed -n 's#^LAB_EAS=http://127.0.0.1:\([0-9]*\)/.*#\1#p' "$LAB/lab.env" 2>/dev/null || true)}
LAB_PORT=${LAB_PORT:-18880}

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

# start NAME USER PORT PROGRAM ARGUMENT...: in the background as USER, pid recorded; returns when PORT is open.
start() {
  local name=$1 user=$2 port=$3
  shift 3
  if ! running "$name"; then
    listening "$port" && die "port $port, which $name would use, is taken: choose others with AIRLIFT_LAB_PORT"
    (
      cd /
      setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups setsid "$@" </dev/null >>"$LAB/log/$name.out" 2>&1 &
      echo $! >"$LAB/run/$name.pid"
    )
  fi
  for _ in $(seq 200); do
    listening "$port" && return
    kill -0 "$(cat "$LAB/run/$name.pid")" 2>/dev/null || die "$name ended: $(tail -3 "$LAB/log/$name.out")"
    sleep 0.1
  done
  die "$name did not open port $port within 20 s: see $LAB/log"
}
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start_sogod() {
  start sogod sogo "$SOGO_PORT" env GNUSTEP_CONFIG_FILE="$LAB/etc/GNUstep.conf" \
    /usr/sbin/sogod -WONoDetach YES -WOPidFile "$LAB/defaults/sogod.pid" -WOLogFile -
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
