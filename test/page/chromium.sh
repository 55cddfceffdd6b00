#!/usr/bin/env bash
# Installs chromium where the page's tests need it. Elsewhere, or without the right to, it says so, and the tests are left out.
set -euo pipefail
if command -v chromium > /dev/null; then exit 0; fi
if ! command -v apt-get > /dev/null; then
  echo "chromium: no apt-get here; the page's tests need a Debian, or a chromium in PATH" >&2
  exit 0
fi
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -qy --no-install-recommends chromium; } >&2; then
  echo "chromium: could not be installed; the page's tests are left out" >&2
fi
