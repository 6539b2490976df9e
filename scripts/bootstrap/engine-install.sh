# Puts a Docker Engine on a Debian machine that has none.

may_install_engine() {
  [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1
}

install_engine() {
  if command -v dockerd >/dev/null 2>&1; then
    return 0
  fi
  say "no Docker Engine here: installing Debian's docker.io"
  # One unreachable source among several fails the update; whether docker.io can be had is for the next step to say.
  quietly "$CACHE/apt-update.log" apt_get update || say "apt-get update failed in part; going on"
  quietly "$CACHE/apt-install.log" apt_get install -y --no-install-recommends docker.io || fail "could not install docker.io (see above)"
  hash -r
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"
}
