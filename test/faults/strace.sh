#!/usr/bin/env bash
# Installs strace where the fault tests need it. Elsewhere, or without the right to, it says so, and the tests are left out.
set -euo pipefail
if command -v strace > /dev/null; then exit 0; fi
if ! command -v apt-get > /dev/null; then
  echo "strace: no apt-get here; the fault tests need a Debian or Ubuntu, or a strace in PATH" >&2
  exit 0
fi
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -qy --no-install-recommends strace; } >&2; then
  echo "strace: could not be installed; the fault tests are left out" >&2
fi
