# Words of the bootstrap. Always on stderr: stdout belongs to the command that follows.

say() {
  printf 'hodei: %s\n' "$*" >&2
}

# 125 is what the CLI answers with when the platform, not the job, failed.
fail() {
  say "$*"
  exit 125
}

# Runs a long command with its output kept in a log; shows the log only when the command fails.
quietly() {
  quietly_log=$1
  shift
  if "$@" >"$quietly_log" 2>&1 </dev/null; then
    return 0
  fi
  tail -n 40 "$quietly_log" >&2
  return 1
}
