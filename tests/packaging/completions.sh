#!/usr/bin/env bash
# The completions, asked of the very shells.
source "$(dirname "$0")/kit.sh"
shell=$1
command -v "$shell" >/dev/null || skip "$shell is not installed"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"
mkdir -p folder
touch shop.json shop.txt

# complete LINE: the proposals for the end of the line, one a line.
case $shell in
  bash)
    complete() {
      bash --norc -c '
        source "$1"
        read -ra COMP_WORDS <<<"$2"
        [[ $2 == *" " ]] && COMP_WORDS+=("")
        # As readline does it, "=" is a word of its own.
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMP_LINE=$2 COMP_POINT=${#2}
        _flowtank
        printf "%s\n" "${COMPREPLY[@]}"' - "$prefix/share/bash-completion/completions/flowtank" "$1"
    }
    ;;
  zsh)
    complete() { zsh -f "$(dirname "$script")/completions.zsh" "$prefix/share/zsh/vendor-completions" "$1"; }
    ;;
  fish)
    complete() {
      HOME=$here fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
        "$prefix/share/fish/vendor_completions.d/flowtank.fish" "$1" | cut -f 1
    }
    ;;
esac
script=$(readlink -f "$0" 2>/dev/null || true)
[[ -e $script ]] || script=$SOURCE/tests/packaging/completions.sh

# proposes LINE WORD..., refuses LINE WORD...
proposes() {
  local line=$1 found word
  found=$(complete "$line")
  shift
  for word in "$@"; do grep -qxF -- "$word" <<<"$found" || stop "$shell: \"$line\" does not propose \"$word\" but: $found"; done
}
refuses() {
  local line=$1 found word
  found=$(complete "$line")
  shift
  for word in "$@"; do ! grep -qxF -- "$word" <<<"$found" || stop "$shell: \"$line\" proposes \"$word\""; done
}

proposes "flowtank " run check replay lint eval help version
proposes "flowtank ch" check
refuses "flowtank ch" run
proposes "flowtank check s" shop.json
refuses "flowtank check s" shop.txt
proposes "flowtank replay shop.t" shop.txt
proposes "flowtank check --st" --states
refuses "flowtank run --st" --states
proposes "flowtank run --s" --seed --set --save
proposes "flowtank completions z" zsh
proposes "flowtank help ru" run
if [[ $shell == fish ]]; then proposes "flowtank check --save f" folder/; else proposes "flowtank check --save f" folder; fi
proposes "flowtank check --report j" json= junit=
