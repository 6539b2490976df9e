# Starts the Docker Engine of a machine where it is installed and not running.

ENGINE_START_SECONDS=60

start_engine() {
  if running_pid dockerd /var/run/docker.pid >/dev/null; then
    say "dockerd runs and does not answer yet: waiting for it"
    wait_for_engine
    return
  fi
  say "starting dockerd (log: .toolchain/dockerd.log)"
  if [ -d /run/systemd/system ] && systemctl start docker >/dev/null 2>&1; then
    wait_for_engine
    return
  fi
  forget_stale_pid dockerd /var/run/docker.pid
  forget_stale_pid containerd /var/run/docker/containerd/containerd.pid
  # A session of its own, so that it outlives this command and its terminal; without the lock's descriptor.
  setsid dockerd </dev/null >>"$CACHE/dockerd.log" 2>&1 9>&- &
  wait_for_engine $!
}

# wait_for_engine [PID]: fails early when the daemon that was just started has gone.
wait_for_engine() {
  attempts_left=$((ENGINE_START_SECONDS * 4))
  until find_engine 2>/dev/null; do
    if [ -n "${1:-}" ] && ! kill -0 "$1" 2>/dev/null; then
      tail -n 15 "$CACHE/dockerd.log" >&2
      fail "dockerd stopped right after its start (see above)"
    fi
    attempts_left=$((attempts_left - 1))
    [ $attempts_left -gt 0 ] || fail "dockerd did not answer within $ENGINE_START_SECONDS s (log: .toolchain/dockerd.log)"
    sleep 0.25
  done
}

# The pid in the file, if a live process of that name has it.
running_pid() {
  [ -r "$2" ] || return 1
  # A pid file has no final newline, so read answers "end of file" after a good read.
  read -r pid <"$2" || [ -n "$pid" ] || return 1
  [ -r "/proc/$pid/comm" ] && read -r process_name <"/proc/$pid/comm" && [ "$process_name" = "$1" ] && echo "$pid"
}

# dockerd takes a pid file for a running daemon if any process has that pid, which is common after a restored snapshot.
forget_stale_pid() {
  if [ -f "$2" ] && ! running_pid "$1" "$2" >/dev/null; then
    rm -f "$2"
  fi
}
