#!/usr/bin/env bash
# run.sh BUILD TARGET SECONDS FOUND: fuzzes one target from its seeds (new inputs stay in BUILD/corpus/TARGET). Exit code
# 1 and a file in FOUND when something ends it, takes 10 seconds or a gigabyte.
set -euo pipefail
build=$1 target=$2 seconds=$3 found=$4
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$found" "$build/corpus/$target" "$build/seeds/$target"
# libFuzzer wants folders of files: a flat copy, named by content.
while IFS= read -r source; do
  [[ -e $source ]] || continue
  find "$source" -type f -size -64k ! -name '*.md' -print0 | while IFS= read -r -d '' file; do
    cp -- "$file" "$build/seeds/$target/$(sha1sum <"$file" | cut -c -16)"
  done
done <"$build/tests/fuzz/$target.seeds"
dictionary=()
[[ -e $here/$target.dict ]] && dictionary=("-dict=$here/$target.dict")
exec nice -n 19 "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
  -print_final_stats=1 -verbosity=0 "${dictionary[@]}" -artifact_prefix="$found/$target-" \
  "$build/corpus/$target" "$build/seeds/$target"
