# Sourced by the scripts here: they stop at the first thing that is not as it must be, and say what.
set -euo pipefail
stop() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}
skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}
has() { grep -qF -- "$2" <<<"$1" || stop "expected: $2"$'\n'"in: $1"; }
there() { [[ -e $1 ]] || stop "missing: $1"; }
prefix=$WORK/moved
flowtank=$prefix/bin/flowtank
