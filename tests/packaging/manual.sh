#!/usr/bin/env bash
# Every command and option of --help is in the manual that is installed, the manual is what the program prints, and man
# renders it without a warning.
source "$(dirname "$0")/kit.sh"
pages=$prefix/share/man/man1
commands=$("$flowtank" completions bash | sed -n 's/^    \([a-z]*\))$/\1/p')
(($(wc -w <<<"$commands") >= 8)) || stop "only these commands: $commands"
"$flowtank" manual | cmp -s - "$pages/flowtank.1" || stop "flowtank.1 is stale"
for command in $commands; do
  there "$pages/flowtank-$command.1"
  "$flowtank" manual "$command" | cmp -s - "$pages/flowtank-$command.1" || stop "flowtank-$command.1 is stale"
  has "$("$flowtank" --help)" "flowtank $command "
  grep -q "^\.B $command" "$pages/flowtank.1" || stop "flowtank.1 does not list $command"
  grep -qE "^flowtank.-$command .- [^ ]" "$pages/flowtank-$command.1" || stop "flowtank-$command.1 has no line for whatis"
  for option in $("$flowtank" "$command" --help | grep -oE '^ +(-[a-z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
    sed 's/\\-/-/g' "$pages/flowtank-$command.1" | grep -- "$option" >/dev/null || stop "flowtank-$command.1 lacks $option"
  done
done
command -v man >/dev/null || skip "man is not installed"
for page in "$pages"/*.1; do
  warnings=$(MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null) || true
  [[ -z $warnings ]] || stop "$page: $warnings"
done
has "$(MANWIDTH=100 man -l "$pages/flowtank-check.1" 2>/dev/null | col -bx)" "--states N"
