# One at a time: several commands may meet on a fresh machine.

# with_lock FILE FUNCTION: runs the function in a subshell that holds the lock. The kernel releases it with
# the last descriptor, so a long-lived child of the function must close descriptor 9 (9>&-).
with_lock() {
  (
    # macOS has no flock(1). Nothing is started there, and pnpm guards its own store.
    if command -v flock >/dev/null 2>&1; then
      flock 9
    fi
    "$2"
  ) 9>"$1"
}
