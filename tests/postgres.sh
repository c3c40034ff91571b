#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL for the tests: a temporary cluster that listens on a unix socket alone.
#   postgres.sh start DIR   makes DIR, starts the server there, prints its address
#   postgres.sh restart DIR stops it at once and starts it again
#   postgres.sh stop DIR    stops it and removes DIR
# Exits 77 where PostgreSQL is not installed.
set -eu
dir=$2
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ]; then
    echo "PostgreSQL is not installed (apt-get install postgresql)" >&2
    exit 77
fi

# PostgreSQL refuses to run as root.
as_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

start() {
    as_user "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -s \
        -o "-k $dir -c listen_addresses= -c max_connections=40 -c shared_buffers=16MB" start >&2
}

case $1 in
start)
    mkdir -p "$dir"
    chmod 755 "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    cd "$dir"
    as_user "$bin/initdb" -D "$dir/data" -U darse -A trust -E UTF8 --locale=C.UTF-8 -N >/dev/null
    # One user who needs a password: how a real server asks.
    as_user sed -i '1i local all sealed scram-sha-256' "$dir/data/pg_hba.conf"
    start
    echo "postgresql://darse@/postgres?host=$dir"
    ;;
restart)
    cd "$dir"
    as_user "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop >&2
    start
    ;;
stop)
    cd "$dir"
    as_user "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop >&2 || true
    cd /
    rm -rf "$dir"
    ;;
esac
