# Images on the engine: those that are there are left alone, the others pulled, or built when no registry can be reached.

# ensure_images busybox|all
ensure_images() {
  "$NODE" --disable-warning=ExperimentalWarning "$ROOT/scripts/images/ensure-images.ts" "$1" ||
    fail "could not get the images (see above)"
}
