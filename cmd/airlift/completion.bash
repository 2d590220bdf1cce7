# source <(airlift completion bash)
_airlift() {
  local current="${COMP_WORDS[COMP_CWORD]}"
  local words=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $current == -* ]] && words+=("$current")
  local found
  found=$("${words[@]}" --generate-bash-completion 2>/dev/null)
  mapfile -t COMPREPLY < <(compgen -W "$found" -- "$current")
}
complete -o bashdefault -o default -F _airlift airlift
