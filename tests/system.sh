#!/usr/bin/env bash
# Install by apt what the tests need and this machine lacks; elsewhere name the one line to run, and stop.
set -euo pipefail

need=()
command -v chromium >/dev/null || need+=(chromium)
command -v zbarimg >/dev/null || need+=(zbar-tools)
compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || command -v postgres >/dev/null || [[ -n "${TEST_DATABASE_URL:-}" ]] || need+=(postgresql)
[[ ${#need[@]} -eq 0 ]] && exit 0

line="apt-get update && apt-get install -y ${need[*]}"
if ! command -v apt-get >/dev/null; then
  echo "The tests need: ${need[*]}. Install them and run again." >&2
  exit 1
fi
root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "The tests need: ${need[*]}. As root, run: $line" >&2; exit 1; }
  root=(sudo)
fi
"${root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null || { echo "Could not install. As root, run: $line" >&2; exit 1; }
