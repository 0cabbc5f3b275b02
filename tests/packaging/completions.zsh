# completions.zsh FOLDER LINE: what zsh proposes at the end of LINE with the completions in FOLDER, one a line. zsh
# completes only where there is a terminal: a second one is started in a pseudo terminal, where compadd, through which
# all proposals go, writes them down.
zmodload zsh/zpty || exit 77
proposed=$PWD/.proposed setup=$PWD/.setup
rm -f $proposed
cat > $setup <<END
PS1= RPS1=
fpath=(${(q)1} \$fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "\$@"
    return
  fi
  local -a hits
  builtin compadd -A hits "\$@"
  print -l -- \$hits >> $proposed
  builtin compadd "\$@"
}
finished() { zle list-choices; print >> $proposed.end }
zle -N finished
bindkey '^I' finished
touch $setup.ready
END
zpty asked zsh -f -i
zpty -w asked "source $setup"
wait_for() {
  for i in {1..100}; do
    zpty -r -t asked ignored '*' 2>/dev/null
    [[ -e $1 ]] && return
    sleep 0.05
  done
}
wait_for $setup.ready
zpty -w -n asked "$2"$'\t'
wait_for $proposed.end
zpty -d asked
[[ -e $proposed ]] && sed 's|/$||' $proposed | sort -u
rm -f $proposed $proposed.end $setup $setup.ready
