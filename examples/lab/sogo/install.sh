#!/usr/bin/env bash
# Install the Debian packages that are missing: install.sh PACKAGE...
# Their services are not started and no database cluster is made. Needs root only if something is missing.
set -euo pipefail

missing=()
for package in "$@"; do
  state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "installing ${missing[*]}"
[ "$(id -u)" = 0 ] || { echo "install.sh: root is needed to install ${missing[*]}" >&2; exit 1; }

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
policy=/usr/sbin/policy-rc.d
cleanup() {
  rm -f "$log"
  [ -z "${made_policy:-}" ] || rm -f "$policy"
}
trap cleanup EXIT

if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy" # maintainer scripts ask it before they start a service
  chmod 755 "$policy"
  made_policy=yes
fi
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf

# DPkg::Lock::Timeout waits for dpkg's lock, but not for that of the package lists, and mirrors fail at times.
apt() {
  apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1
}
for attempt in 1 2 3 4 5; do
  if apt update && apt install -y --no-install-recommends -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold "${missing[@]}"; then
    exit 0
  fi
  tail -5 "$log" >&2
  echo "install.sh: attempt $attempt of 5 failed" >&2
  sleep $((attempt * 5))
done
exit 1
