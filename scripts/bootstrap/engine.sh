# A Docker Engine that answers. One that is there is used as it is: nothing on the system changes then.

ensure_engine() {
  address=$(find_engine) || {
    bring_engine $?
    address=$(find_engine) || fail "$(how_to_get_an_engine)"
  }
  # The tests know DOCKER_HOST and the usual socket, not Docker's contexts.
  if [ "$address" != unix:///var/run/docker.sock ]; then
    DOCKER_HOST=$address
    export DOCKER_HOST
  fi
}

# Prints the address of the engine that answers; when none does, says on stderr what was tried and answers 2 where the
# user has named the engine, else 1.
find_engine() {
  "$NODE" --disable-warning=ExperimentalWarning "$ROOT/scripts/engine/find-engine.ts"
}

# bring_engine STATUS: what find_engine answered.
bring_engine() {
  if [ "$1" = 2 ]; then
    fail "DOCKER_HOST or Docker's context names this engine, so no other is looked for or started. Start it, correct the name, or unset it."
  fi
  may_install_engine || fail "$(how_to_get_an_engine)"
  # One lock a machine, not one a checkout: two checkouts must not start two daemons either.
  with_lock /run/hodei-engine.lock install_and_start_engine || exit $?
}

install_and_start_engine() {
  # Another command may have started it while this one waited for the lock.
  if find_engine >/dev/null 2>&1; then
    return 0
  fi
  install_engine
  start_engine >/dev/null
}

how_to_get_an_engine() {
  echo "no Docker Engine answers. Start Docker (Docker Desktop, colima, 'systemctl start docker'), or set DOCKER_HOST to one; on Debian, 'npm test' as root installs and starts it by itself."
}
