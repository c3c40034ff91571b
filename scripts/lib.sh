# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What ./run and ./check share: saying what happens, becoming root where it is needed, and each part
# of the set-up. Every part looks first whether its work is done already and then does nothing, so
# that a second call takes no time and an interrupted one can be started again.
#
# The machine's own clients fetch (apt-get, npm, pip) with the machine's own settings; nothing here
# knows where they fetch from, and nothing is fetched once the server runs.

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=$tree/.cache
started_at=$(date +%s)
: "${DARSE_STORE:=/var/lib/darse/containers}"
export DARSE_STORE

# ---- saying -------------------------------------------------------------------------------------

elapsed() {
    local seconds=$(($(date +%s) - started_at))
    printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}

section() {
    printf '\n== %s  [%s]\n' "$*" "$(elapsed)"
}

note() {
    printf '   %s\n' "$*"
}

die() {
    printf '\n%s: %s\n' "$program" "$*" >&2
    exit 1
}

# quietly WHAT COMMAND...: runs COMMAND with its output in a log, a sign of life every 20 seconds,
# and the end of the log when it fails.
quietly() {
    local what=$1 log status=0 ticker
    shift
    mkdir -p "$cache/logs"
    log=$cache/logs/$(printf %s "$what" | tr -c 'a-zA-Z0-9\n' '-' | cut -c1-40).log
    note "$what"
    (
        trap 'kill $! 2> /dev/null; exit 0' TERM
        while sleep 20 & wait $!; do
            printf '   ... [%s] %s\n' "$(elapsed)" "$(tail -n 1 "$log" | tr -d '\r' | cut -c1-80)"
        done
    ) &
    ticker=$!
    "$@" > "$log" 2>&1 < /dev/null || status=$?
    kill "$ticker" 2> /dev/null || true
    wait "$ticker" 2> /dev/null || true
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        printf '\n%s: "%s" failed (exit code %s); its whole output is in %s\n' \
            "$program" "$what" "$status" "$log" >&2
        return 1
    fi
}

# ---- root ---------------------------------------------------------------------------------------

# as_root COMMAND...: keeps the variables that the set-up needs, and those of package clients.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo --preserve-env=DARSE_STORE,DARSE_DUCKDB_LIBRARY,DEBIAN_FRONTEND,http_proxy,https_proxy,no_proxy -- "$@"
    fi
}

root_check() {
    [ "$(uname -s)" = Linux ] || die "Darse runs on Linux; this is $(uname -s)."
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null || die "needs root for packages and for starting the bubbles' \
engine. Run it as root, or install sudo and let $(id -un) use it."
        sudo -v || die "sudo did not accept $(id -un); run this as root instead."
    fi
}

disk_check() {
    local path=$1 need_mib=$2 have
    while [ ! -d "$path" ]; do path=$(dirname "$path"); done
    have=$(df -Pm "$path" | awk 'NR == 2 {print $4}')
    [ "$have" -ge "$need_mib" ] || die "$path has $have MiB free and the set-up needs about \
$need_mib MiB. Free some room, or put ${3:-the tree} on another disk."
}

# ---- packages -----------------------------------------------------------------------------------

# Packages of GROUP... that are not there.
packages_missing() {
    local group package command wanted=" $* "
    local -a names=()
    while read -r group package command; do
        case $group in '' | '#'*) continue ;; esac
        case $wanted in *" $group "*) ;; *) continue ;; esac
        if [ -n "$command" ] && command -v "$command" > /dev/null; then continue; fi
        names+=("$package")
    done < "$tree/scripts/packages.txt"
    dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${names[@]}" 2> /dev/null \
        | awk -v all="${names[*]}" '
            $2 == "installed" {there[$1] = 1}
            END {n = split(all, a, " "); for (i = 1; i <= n; i++) if (!there[a[i]]) print a[i]}'
}

packages_ensure() {
    local -a missing
    command -v apt-get > /dev/null && command -v dpkg-query > /dev/null \
        || die "this is not a Debian system: install the packages of scripts/packages.txt (or what \
your distribution calls them), then build with meson by hand (docs/getting-started.md)."
    mapfile -t missing < <(packages_missing "$@")
    if [ "${#missing[@]}" -eq 0 ]; then
        note "every package is there"
        return
    fi
    note "missing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    quietly "update of the package lists" as_root apt-get update -q \
        || die "the package lists could not be updated. Is there a network, and do the machine's apt \
sources answer?"
    quietly "install of ${#missing[@]} packages" \
        as_root apt-get install -y -q --no-install-recommends "${missing[@]}" \
        || die "apt-get could not install everything; the lines above say why."
    mapfile -t missing < <(packages_missing "$@")
    [ "${#missing[@]}" -eq 0 ] || die "still missing after the installation: ${missing[*]}"
}

node_check() {
    local major
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    [ "$major" -ge 18 ] || die "Node.js $(node --version) is too old to build the pages; 18 or \
later is needed."
}

# The server's system user; the engine and the supervisor stay root.
user_ensure() {
    id darse > /dev/null 2>&1 && return
    note "system user darse"
    as_root useradd --system --user-group --home-dir /nonexistent --no-create-home \
        --shell /usr/sbin/nologin --comment 'Darse server' darse
}

# ---- build --------------------------------------------------------------------------------------

# changed STAMP PATH...: whether the content below PATH differs from what STAMP was made from.
# On success of the work, call remember STAMP.
content_of() {
    (cd "$tree" && find "$@" -type d \( -name node_modules -o -name dist -o -name __pycache__ \) -prune \
        -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32)
}

changed() {
    local stamp=$cache/$1
    shift
    changed_now=$(content_of "$@")
    [ "$(cat "$stamp" 2> /dev/null)" != "$changed_now" ]
}

remember() {
    mkdir -p "$cache"
    printf '%s\n' "$changed_now" > "$cache/$1.new" && mv "$cache/$1.new" "$cache/$1"
}

# npm_ensure FOLDER: its locked packages, from the machine's npm. Not `npm ci`: that one refuses a lock
# file without the optional packages of platforms that Darse does not run on. What is locked is installed
# as locked either way, with its checksum.
npm_ensure() {
    local folder=$1 stamp
    stamp=npm-$(printf %s "$folder" | tr / -)
    if changed "$stamp" "$folder/package.json" "$folder/package-lock.json" \
        || [ ! -d "$tree/$folder/node_modules" ]; then
        quietly "npm packages of $folder" npm --prefix "$tree/$folder" install --no-save --no-audit \
            --no-fund \
            || die "npm could not install the locked packages of $folder. Is there a network, and is \
npm set up on this machine?"
        remember "$stamp"
    fi
}

web_build() {
    npm_ensure web
    if changed web-built web || [ ! -d "$tree/web/dist" ]; then
        quietly "the pages" npm --prefix "$tree/web" run build || die "the pages did not build."
        remember web-built
    fi
}

duckdb_ensure() {
    quietly "DuckDB" "$tree/scripts/duckdb" "$cache/duckdb" \
        || die "the DuckDB library could not be fetched with npm."
}

# build_ensure FOLDER OPTION...: a Meson build folder with these options, up to date.
build_ensure() {
    local name=$1 folder=$tree/$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        rm -rf "$folder"
        quietly "configuration of $name" meson setup "$folder" "$tree" "$@" \
            || die "the build could not be configured."
        printf '%s\n' "$*" > "$folder/options"
    elif [ "$(cat "$folder/options" 2> /dev/null)" != "$*" ]; then
        quietly "configuration of $name" meson setup --reconfigure "$folder" "$tree" "$@" \
            || die "the build could not be configured."
        printf '%s\n' "$*" > "$folder/options"
    fi
    quietly "compilation in $name" ninja -C "$folder" || die "the compilation failed."
}

# A compiler newer than ours may warn of what ours does not: that must not stop somebody who only wants
# to run Darse. The sanitized build of ./check, on both releases of Debian, is where warnings are errors.
release_build() {
    build_ensure build --buildtype=release -Dwerror=false -Dweb=enabled
}

sanitized_build() {
    build_ensure build-san --buildtype=debugoptimized -Db_sanitize=address,undefined \
        -Db_lundef=false -Dweb=enabled
}

images_build() {
    as_root "$tree/images/build" --store "$DARSE_STORE" \
        || die "the bubble images could not be built; the lines above say why."
}

# ---- Python -------------------------------------------------------------------------------------

python_ensure() {
    local stamp=$cache/python-tests
    if [ ! -x "$tree/.venv/bin/python" ]; then
        quietly "Python environment" /usr/bin/python3 -m venv --clear "$tree/.venv" \
            || die "python3 could not make an environment in .venv."
        rm -f "$stamp"
    fi
    if changed python-tests tests/requirements.txt; then
        quietly "Python packages of the tests" "$tree/.venv/bin/pip" install -q --no-input \
            --disable-pip-version-check -r "$tree/tests/requirements.txt" \
            || die "pip could not install tests/requirements.txt. Is there a network, and is pip set \
up on this machine?"
        remember python-tests
    fi
}
