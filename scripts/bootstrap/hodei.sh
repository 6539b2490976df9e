# ./hodei: becomes the CLI. The way there is short, because it is in front of every command.

run_hodei() {
  ensure_toolchain
  if hodei_wants_engine "$@" && ! engine_seems_ready; then
    # In a subshell: without an engine the CLI still says, typed and with its own exit code, what is wrong.
    (prepare_local_engine) || true
  fi
  exec "$NODE" --conditions=@hodei/source --disable-warning=ExperimentalWarning "$ROOT/apps/cli/src/main.ts" "$@"
}

# Only what creates workers here needs an engine of this machine.
hodei_wants_engine() {
  [ -z "${HODEI_URL:-}" ] && [ -z "${DOCKER_HOST:-}" ] && [ -z "${DOCKER_CONTEXT:-}" ] || return 1
  case ${1:-} in
    run | serve) ;;
    *) return 1 ;;
  esac
  for argument in "$@"; do
    case $argument in
      --) return 0 ;;
      --help | -h) return 1 ;;
    esac
  done
}

# The socket is younger than the stamp after each start of the daemon, and a dead daemon may leave its socket behind.
engine_seems_ready() {
  [ -S /var/run/docker.sock ] && [ "$CACHE/engine-ready" -nt /var/run/docker.sock ] || return 1
  [ ! -r /var/run/docker.pid ] || running_pid dockerd /var/run/docker.pid >/dev/null
}

prepare_local_engine() {
  ensure_engine
  ensure_images busybox
  : >"$CACHE/engine-ready"
}
