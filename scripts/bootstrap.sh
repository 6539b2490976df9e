#!/bin/sh
# Brings what one command of this checkout needs, then becomes that command.
# usage: bootstrap.sh test|demo|bench|check|hodei [ARG...]
# Needs a POSIX shell and Node with npm. Silent when nothing is missing; its own words go to stderr.
set -eu

ROOT=$(CDPATH='' cd -- "${0%/*}/.." && pwd -P)
CACHE=$ROOT/.toolchain
for part in say lock toolchain engine-install engine-start engine images hodei; do
  . "$ROOT/scripts/bootstrap/$part.sh"
done

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  test)
    ensure_toolchain
    ensure_engine
    ensure_images all
    cd "$ROOT"
    exec "$NODE" node_modules/vitest/vitest.mjs run "$@"
    ;;
  demo)
    ensure_toolchain
    ensure_engine
    ensure_images busybox
    cd "$ROOT"
    exec "$NODE" --conditions=@hodei/source --disable-warning=ExperimentalWarning scripts/demo.ts "$@"
    ;;
  check)
    ensure_toolchain
    # The static checks need no engine; check.ts comes back through `test` for the tests.
    cd "$ROOT"
    exec "$NODE" --disable-warning=ExperimentalWarning scripts/check.ts "$@"
    ;;
  bench)
    ensure_toolchain
    ensure_engine
    ensure_images busybox
    cd "$ROOT"
    exec "$NODE" --conditions=@hodei/source --disable-warning=ExperimentalWarning bench/src/main.ts "$@"
    ;;
  hodei)
    run_hodei "$@"
    ;;
  *)
    fail "usage: bootstrap.sh test|demo|bench|check|hodei [ARG...]"
    ;;
esac
