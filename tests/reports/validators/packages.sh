#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts the npm packages of this folder, as its lock file names them, into the folder given; once, since they are large. Where
# they cannot be had the validators are skipped with a line that says so, but in CI (CI=true) that is a failure.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
missing() {
  echo "SKIPPED: $1"
  [[ ${CI:-} == true ]] && exit 1
  exit 77
}
mkdir -p "$1"
cd -- "$1"
if ! cmp -s "$here/package-lock.json" package-lock.json || [[ ! -d node_modules ]]; then
  command -v npm >/dev/null || missing "npm is not installed"
  rm -rf node_modules package-lock.json
  cp "$here/package.json" .
  npm_lock=$here/package-lock.json
  cp "$npm_lock" package-lock.json
  npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error || {
    rm -rf node_modules package-lock.json
    missing "npm could not install the packages"
  }
fi
# Scripts of packages are not run, and one of them would do this.
chmod +x node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool
