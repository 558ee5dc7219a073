#!/usr/bin/env bash
# setup.sh [start|build|conformance|test]: finds or makes what that command needs, and nothing twice.
#   start, build  a Rust toolchain for wasm32, the wasm-bindgen tools of Cargo.lock, node_modules
#   conformance   also the official conformance suite, with a Node that it runs on
#   test          also the browsers, the bundlers, the Python servers and Redis; what is missing has its tests skipped, with a reason
# Every step that may use the network has a time limit. The toolchain it chose is in .toolchain/env (see env.mjs).
# Honoured: SETUP_ROUTE=rustup|debian, RUSTUP_LIMIT=seconds, SETUP_NO_RUSTUP=1, SETUP_NO_STD_SOURCE=1, SETUP_BROWSERS=0, SETUP_PYTHON=0, SETUP_REDIS=0.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null # nothing here may wait for an answer
mode=${1:-test} # `npm run setup` alone: everything
tgt=wasm32-unknown-unknown
min=1.95
# A caller's own cargo settings would move target/ or replace the flags that the wasm32 build needs.
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS RUSTFLAGS

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
limited() { # SECONDS COMMAND…: macOS has no `timeout`
  local s=$1; shift
  if command -v timeout >/dev/null; then timeout -k 5 "$s" "$@"; else "$@"; fi
}
root_apt() { command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; }
apt_install() { # PACKAGE…
  limited 300 apt-get update -qq >&2 || true # a stale list may still do
  limited 900 env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}
hash_of() { cksum "$@" | cksum; }

# --- Rust ------------------------------------------------------------------------------------------------------

has_std() { # RUSTC [--sysroot DIR]: does it have the wasm32 standard library?
  local d
  d=$("$@" --print target-libdir --target $tgt 2>/dev/null) && compgen -G "$d/libstd-*.rlib" >/dev/null
}
new_enough() { # RUSTC
  local v
  v=$("$1" --version 2>/dev/null | cut -d' ' -f2) && [ -n "$v" ] &&
    [ "$(printf '%s\n%s\n' "$min" "$v" | sort -V | head -1)" = "$min" ]
}
here_route() { # the rustc on PATH has the target already: nothing to do
  new_enough rustc && has_std rustc && : >.toolchain/env
}
rustup_route() {
  command -v rustup >/dev/null && new_enough rustc && [ -z "${SETUP_NO_RUSTUP:-}" ] || return 1
  # Where Debian's route is the fallback, give up early; elsewhere allow a slow line.
  local limit=${RUSTUP_LIMIT:-$(command -v apt-get >/dev/null && echo 60 || echo 900)}
  say "rustup target add $tgt (at most $limit s)"
  RUSTUP_MAX_RETRIES=1 limited "$limit" rustup target add $tgt >&2 || return 1
  here_route
}
debian_std() { # where the std that debian_route builds is kept: one per compiler, shared by all clones
  local id
  id=$(/usr/bin/rustc -vV 2>/dev/null | sed -n 's/^release: //p;s/^commit-hash: //p' | tr '\n' '-')
  [ -n "$id" ] && echo "${XDG_CACHE_HOME:-$HOME/.cache}/rust-wasm-std/${id%-}"
}
debian_cached() {
  local std
  new_enough /usr/bin/rustc && std=$(debian_std) && has_std /usr/bin/rustc --sysroot "$std" &&
    printf 'PATH=/usr/bin:$PATH\nCARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=--sysroot %s\n' "$std" >.toolchain/env
}
debian_route() { # Debian's rustc, with the std built once from Debian's own source package: no rustup, no download of std
  if ! { new_enough /usr/bin/rustc && [ -d /usr/lib/rustlib/src/rust/library/vendor ] && [ -x "$(readlink -f /usr/bin/rust-lld)" ]; }; then
    root_apt || return 1
    say "installing Debian's rustc-web and its source (120 MB)"
    apt_install rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy || return 1
    apt_install "$(readlink /usr/bin/rust-lld)" || return 1 # rust-lld is a link to lld-NN, which is only recommended
  fi
  local std work
  std=$(debian_std)
  if ! has_std /usr/bin/rustc --sysroot "$std"; then
    say "building the wasm32 std once (2 minutes) in $std"
    work=$(mktemp -d)
    mkdir "$work/src" && echo '#![no_std]' >"$work/src/lib.rs"
    printf '[package]\nname = "wasm-std"\nversion = "0.0.0"\nedition = "2024"\n[profile.release]\ncodegen-units = 1\n[workspace]\n' >"$work/Cargo.toml"
    # Both bitcode (for lto) and object code (without). The sources are vendored in the package: no network.
    env -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_NET_OFFLINE=true \
      RUSTFLAGS="-Cembed-bitcode=yes -Zforce-unstable-if-unmarked" __CARGO_DEFAULT_LIB_METADATA=wasm-std \
      /usr/bin/cargo build -q --release --target $tgt -Zbuild-std=std,panic_abort,test \
      --config 'source.crates-io.replace-with="rust-src"' \
      --config 'source.rust-src.directory="/usr/lib/rustlib/src/rust/library/vendor"' \
      --manifest-path "$work/Cargo.toml" --target-dir "$work/target" >&2 || return 1
    rm -f "$work"/target/$tgt/release/deps/libwasm_std-*
    mkdir -p "$std.tmp/lib/rustlib/$tgt/lib"
    cp "$work"/target/$tgt/release/deps/lib*.r{lib,meta} "$std.tmp/lib/rustlib/$tgt/lib/"
    rm -rf "$std" "$work" && mv "$std.tmp" "$std" # whole or not at all
  fi
  debian_cached
}

mkdir -p .toolchain
case "${SETUP_ROUTE:-auto}" in
  rustup) here_route || rustup_route ;;
  debian) debian_cached || debian_route ;;
  *) here_route || debian_cached || rustup_route || debian_route ;;
esac || die "no Rust >= $min with $tgt could be had: install rustup, then run 'rustup toolchain install stable && rustup target add $tgt'"
while IFS='=' read -r k v; do export "$k=${v/\$PATH/$PATH}"; done <.toolchain/env

# The source of std, and the crates it is made of: with them the module is built with a std of its own, and smaller.
std_source() {
  local library
  library=$(rustc --print sysroot)/lib/rustlib/src/rust/library
  if [ ! -e "$library/Cargo.lock" ]; then
    command -v rustup >/dev/null && [ -z "${SETUP_NO_RUSTUP:-}" ] || return 1
    say "rustup component add rust-src (at most 60 s)"
    RUSTUP_MAX_RETRIES=1 limited 60 rustup component add rust-src >&2 || return 1
  fi
  local fetch=(cargo fetch -q --locked --target $tgt -Zbuild-std=std,panic_abort)
  RUSTC_BOOTSTRAP=1 "${fetch[@]}" --offline 2>/dev/null || RUSTC_BOOTSTRAP=1 limited 120 "${fetch[@]}" >&2
}
if [ -z "${SETUP_NO_STD_SOURCE:-}" ] && std_source; then
  echo STD_SOURCE=1 >>.toolchain/env
else
  say "without the source of std: the module will be some kilobytes larger"
fi

# The wasm-bindgen CLI and test runner: the very version that Cargo.lock pins, or the glue would not fit the wasm.
tools_key=$(hash_of Cargo.lock scripts/wbg/Cargo.toml scripts/wbg/src/bin/*)
if [ ! -x target/tools/wbg ] || [ ! -x target/tools/wbg-test-runner ] || [ "$(cat target/tools/.key 2>/dev/null)" != "$tools_key" ]; then
  say "building the wasm-bindgen tools (about 2 minutes the first time)"
  limited 1800 cargo build --locked -q -p wbg --profile tools >&2 ||
    die "the wasm-bindgen tools could not be built: see cargo's words above (a first build needs the crate registry)"
  echo "$tools_key" >target/tools/.key
fi

# --- Node ------------------------------------------------------------------------------------------------------

node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null || die "Node >= 20 is needed (found: $(node --version 2>&1))"
# npm writes that file last: older than the lock file, or missing, means an unfinished or outdated install.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "npm ci"
  limited 600 npm ci --no-audit --no-fund --loglevel=error >&2 || die "npm ci failed: check the network and run it again"
  touch node_modules/.package-lock.json
  # npm may withhold install scripts; esbuild works without its own unless its binary package is missing too.
  node_modules/.bin/esbuild --version >/dev/null 2>&1 || limited 120 node node_modules/esbuild/install.js >&2 || true
  node_modules/.bin/esbuild --version >/dev/null || die "esbuild does not run: delete node_modules and try again"
fi

# --- For the tests only: a failure here is said, and its tests are skipped -----------------------------------------

npm_folder() { # NAME WHAT [NPM-FLAG…]: tests/NAME/package.json in .toolchain/NAME, a folder of its own
  local from=tests/$1 to=.toolchain/$1 what=$2 key
  shift 2
  key="$(hash_of "$from/package.json" "$from/package-lock.json") $*"
  [ "$(cat "$to/.done" 2>/dev/null)" != "$key" ] || return 0
  say "installing $what in $to"
  rm -rf "$to" && mkdir -p "$to" && cp "$from/package.json" "$from/package-lock.json" "$to/"
  if (cd "$to" && limited 600 npm ci "$@" --ignore-scripts --no-audit --no-fund --loglevel=error >&2); then
    echo "$key" >"$to/.done"
  else
    rm -rf "$to"
    say "npm could not install $from/package.json: the tests with $what will be skipped (remedy: check the network, run it again)"
  fi
}

conformance_suite() { # not in node_modules: a `node` in node_modules/.bin would be the one of every npm script
  # Its Node is of use only where the caller's is too old for the suite.
  if node -e 'process.exit(parseInt(process.versions.node) >= 22 ? 0 : 1)'; then set -- --omit=optional; else set --; fi
  npm_folder conformance "the conformance suite" "$@"
}

case $mode in test|conformance) conformance_suite ;; esac
[ "$mode" = test ] || exit 0

npm_folder consumers "Vite, webpack, React, Deno and Bun"

browsers() {
  local need=() p
  for p in chromium:chromium chromium-driver:chromedriver firefox-esr:firefox-esr webkit2gtk-driver:WebKitWebDriver xvfb:Xvfb; do
    [ -x "/usr/bin/${p#*:}" ] || need+=("${p%%:*}")
  done
  [ ${#need[@]} -gt 0 ] || return 0
  root_apt || { say "without ${need[*]} (apt, root): the tests in those browsers will be skipped"; return 0; }
  say "installing ${need[*]}"
  apt_install "${need[@]}" || say "could not install ${need[*]}: the tests in those browsers will be skipped"
}

redis() { # for FastMCP's tasks in several processes
  [ ! -x /usr/bin/redis-server ] && ! command -v redis-server >/dev/null || return 0
  root_apt || { say "without redis-server (apt, root): the test with several processes will be skipped"; return 0; }
  say "installing redis-server"
  # The tests start one of their own: Debian's need not run beside it.
  RUNLEVEL=1 apt_install redis-server || say "could not install redis-server: the test with several processes will be skipped"
}

python_server() { # NAME: a virtual environment with exactly what tests/servers/NAME.txt pins
  local req=tests/servers/$1.txt venv=.toolchain/venv-$1 key py=
  key=$(hash_of "$req")
  [ "$(cat "$venv/.done" 2>/dev/null)" != "$key" ] || return 0
  for p in python3 python3.13 python3.12 python3.11 python3.10; do
    if "$p" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then py=$p; break; fi
  done
  [ -n "$py" ] || { say "no Python >= 3.10: the tests against $1 will be skipped (install python3)"; return 0; }
  say "installing $1 (Python) in $venv"
  rm -rf "$venv"
  if ! "$py" -m venv "$venv" >/dev/null 2>&1; then
    if root_apt; then apt_install python3-venv || true; fi # Debian keeps ensurepip in a package of its own
    rm -rf "$venv"
    "$py" -m venv "$venv" >&2 || { say "$py -m venv fails: the tests against $1 will be skipped (install python3-venv)"; return 0; }
  fi
  if limited 600 "$venv/bin/python" -m pip install -q --no-input --disable-pip-version-check --retries 1 --timeout 20 -r "$req" >&2; then
    echo "$key" >"$venv/.done"
  else
    rm -rf "$venv" # half of it would look like a server to test against
    say "pip could not install $req: the tests against $1 will be skipped (remedy: check the network, run 'npm test' again)"
  fi
}

[ "${SETUP_BROWSERS:-1}" = 0 ] || browsers
[ "${SETUP_PYTHON:-1}" = 0 ] || for server in fastmcp-4.1 fastmcp-3.4 fastmcp-2.14 mcp-1.30; do python_server "$server"; done
[ "${SETUP_REDIS:-1}" = 0 ] || redis
