#!/usr/bin/env bash
# Start a real Exchange ActiveSync server on loopback: SOGo with Dovecot, PostgreSQL, memcached, an SMTP sink and nginx.
# Idempotent. Needs root and Debian 12. See README.md for ports, users and settings.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lab.sh"

say() { printf '%4ds %s\n' "$SECONDS" "$*"; }

[ "$(id -u)" = 0 ] || die "run it as root: it installs packages and starts servers as their own users"
"$here/install.sh" sogo sogo-activesync dovecot-imapd postgresql memcached nginx-light python3 curl
case $(dovecot --version) in
  2.3.*) ;;
  *) die "conf/dovecot.conf is written for Dovecot 2.3 (Debian 12), this is $(dovecot --version)" ;;
esac
say "packages are there"

mkdir -p "$LAB"
chmod 755 "$LAB"
for user in postgres dovenull sogo mail nobody; do
  setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups test -x "$LAB" ||
    die "user $user cannot enter $LAB: choose another folder with AIRLIFT_LAB"
done
install -d "$LAB"/{etc,log,mail,run} "$LAB"/run/{dovecot,nginx}
install -d -o sogo -g sogo "$LAB"/{defaults,spool}
install -d -o mail -g mail "$LAB"/sent
install -d -o nobody -g nogroup "$LAB"/run/memcached

# ---- configuration ----------------------------------------------------------------------------------------------------

sql="postgresql://sogo:sogo@127.0.0.1:$SQL_PORT/sogo"
fill() { # fill TEMPLATE: its text with every @NAME@ replaced
  sed -e "s#@LAB@#$LAB#g" -e "s#@SQL@#$sql#g" -e "s#@LAB_WORKERS@#$LAB_WORKERS#g" -e "s#@EAS_PORT@#$EAS_PORT#g" \
    -e "s#@SOGO_PORT@#$SOGO_PORT#g" -e "s#@IMAP_PORT@#$IMAP_PORT#g" -e "s#@SMTP_PORT@#$SMTP_PORT#g" \
    -e "s#@SQL_PORT@#$SQL_PORT#g" -e "s#@CACHE_PORT@#$CACHE_PORT#g" "$here/conf/$1"
}
install -m 644 "$here/smtpsink.py" "$LAB/etc" # the checkout may be closed to the user who runs it
fill dovecot.conf >"$LAB/etc/dovecot.conf"
fill nginx.conf >"$LAB/etc/nginx.conf"

# sogod reads /etc/sogo/sogo.conf, which belongs to the whole machine. GNUstep's user defaults take precedence over it,
# so the lab gives sogod a defaults folder of its own and leaves the machine's file alone.
fill sogo.plist >"$LAB/defaults/sogod.plist"
sed "s#^GNUSTEP_USER_DEFAULTS_DIR=.*#GNUSTEP_USER_DEFAULTS_DIR=$LAB/defaults#" /etc/GNUstep/GNUstep.conf >"$LAB/etc/GNUstep.conf"

for user in $LAB_USERS; do
  echo "$user:{PLAIN}secret-$user:$(id -u mail):$(id -g mail)::$LAB/mail/$user::"
  [ -d "$LAB/mail/$user" ] || install -d -o mail -g mail -m 700 "$LAB/mail/$user"
done >"$LAB/etc/users"
cat >"$LAB/lab.env" <<ENV
LAB_EAS=http://127.0.0.1:$EAS_PORT/Microsoft-Server-ActiveSync
LAB_DAV=http://127.0.0.1:$SOGO_PORT/SOGo/dav
LAB_IMAP=127.0.0.1:$IMAP_PORT
LAB_SMTP=127.0.0.1:$SMTP_PORT
LAB_USERS="$LAB_USERS"
ENV

# ---- servers ----------------------------------------------------------------------------------------------------------

postgres_bin=$(find /usr/lib/postgresql -path '*/bin/initdb' | sort -V | tail -1 | xargs dirname)
if [ ! -e "$LAB/sql/postgresql.auto.conf" ]; then
  install -d -o postgres -g postgres -m 700 "$LAB/sql"
  (cd / && setpriv --reuid postgres --regid postgres --init-groups "$postgres_bin/initdb" -D "$LAB/sql" \
    --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$LAB/log/initdb.log")
  fill postgresql.conf >>"$LAB/sql/postgresql.conf"
fi
start postgres postgres "$SQL_PORT" "$postgres_bin/postgres" -D "$LAB/sql"
start memcached nobody "$CACHE_PORT" memcached -l 127.0.0.1 -p "$CACHE_PORT" -U 0 -m 256 -P "$LAB/run/memcached/pid"
start dovecot root "$IMAP_PORT" dovecot -F -c "$LAB/etc/dovecot.conf"
start smtpsink mail "$SMTP_PORT" python3 "$LAB/etc/smtpsink.py" "$SMTP_PORT" "$LAB/sent" "$LAB/mail"
say "PostgreSQL, memcached, Dovecot and the SMTP sink are up"

psql() { command psql -h 127.0.0.1 -p "$SQL_PORT" -U "$1" -d "$1" -Atq -v ON_ERROR_STOP=1; }
psql postgres <<'SQL'
SELECT 'CREATE ROLE sogo LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sogo') \gexec
SELECT 'CREATE DATABASE sogo OWNER sogo TEMPLATE template0' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sogo') \gexec
SQL
{
  echo "SET client_min_messages = warning;"
  echo "CREATE TABLE IF NOT EXISTS sogo_users (c_uid text PRIMARY KEY, c_name text, c_password text, c_cn text, mail text);"
  for user in $LAB_USERS; do
    echo "INSERT INTO sogo_users VALUES ('$user', '$user', 'secret-$user', '${user^} Example', '$user@lab.example')
      ON CONFLICT DO NOTHING;"
  done
} | psql sogo

for user in $LAB_USERS; do
  [ -d "$LAB/mail/$user/Maildir" ] && continue
  for folder in INBOX Drafts Sent Trash Junk; do
    AIRLIFT_LAB="$LAB" python3 "$here/load.py" --quiet "$user" "$folder"
  done
done

start_sogod
start nginx root "$EAS_PORT" nginx -c "$LAB/etc/nginx.conf" -e "$LAB/log/nginx.err" -g "daemon off;"

user=${LAB_USERS%% *}
for _ in $(seq 60); do
  status=$(curl -s -o /dev/null -w '%{http_code}' -u "$user:secret-$user" -X OPTIONS \
    "http://127.0.0.1:$EAS_PORT/Microsoft-Server-ActiveSync" || true)
  [ "$status" = 200 ] && break
  sleep 0.25
done
[ "$status" = 200 ] || die "OPTIONS as $user answers $status: see $LAB/log"
say "SOGo answers at http://127.0.0.1:$EAS_PORT/Microsoft-Server-ActiveSync"
