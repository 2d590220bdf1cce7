# eval "$(airlift completion bash)"
_airlift() {
  local current="${COMP_WORDS[COMP_CWORD]}"
  local words=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $current == -* ]] && words+=("${current/%--/-}") # -- alone ends the flags
  local IFS=$'\n' # and not mapfile: macOS has an old bash
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$current"))
}
complete -o bashdefault -o default -F _airlift airlift
