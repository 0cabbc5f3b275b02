#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts the npm packages of this folder, as its lock file names them, into the folder given. Nothing is done when they are there
# already. Without npm or its registry this is skipped with a line that says so, and fails where CI=true.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
missing() {
  echo "SKIPPED: $1"
  [[ ${CI:-} == true ]] && exit 1
  exit 77
}
mkdir -p "$1"
cd -- "$1"
if cmp -s "$here/package-lock.json" package-lock.json && [[ -d node_modules ]]; then
  exit 0
fi
command -v npm >/dev/null || missing "there is no npm"
cp "$here/package.json" .
cp "$here/package-lock.json" .
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier 2>&1 || {
  rm -rf node_modules package-lock.json
  missing "npm could not install the packages"
}
