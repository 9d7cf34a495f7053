#!/usr/bin/env bash
# Put the EVM node and the other peers that the tests ask into .venv/npm, as tests/npm/package-lock.json pins them.
# Needs .venv; no root.
# Node comes as a wheel where there is no npm. The node's binary runs by itself, without Node.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$(cd "$here/../../.venv" && pwd)
target=$venv/npm

cmp -s "$here/package-lock.json" "$target/installed.json" && exit 0
if [[ "$(uname -sm)" != "Linux x86_64" ]]; then
  command -v anvil >/dev/null && exit 0
  echo "The tests need anvil 1.7 on the PATH: install Foundry and run again." >&2
  exit 1
fi
mkdir -p "$target"
cp -r "$here/package.json" "$here/package-lock.json" "$here/fs" "$target/"
npm=(npm)
if ! command -v npm >/dev/null; then
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --upgrade --target "$venv/node" -r "$here/node.txt"
  npm=(env "PYTHONPATH=$venv/node" "$venv/bin/python" "$venv/node/bin/npm")
fi
(cd "$target" && "${npm[@]}" ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
cp "$here/package-lock.json" "$target/installed.json"
