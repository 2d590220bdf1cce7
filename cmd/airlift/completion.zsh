#compdef airlift
# source <(airlift completion zsh)
_airlift() {
  local current=${words[CURRENT]}
  local -a before=("${(@)words[1,CURRENT-1]}") found
  [[ $current == -* ]] && before+=("${current/%--/-}") # -- alone ends the flags
  found=("${(@f)$("${before[@]}" --generate-bash-completion 2>/dev/null)}")
  compadd -- "${(@)found%%:*}"
  _files
}
compdef _airlift airlift
