/** The shells that can ask for completions. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** The hidden command that all of them call, with the words up to the cursor. */
export const COMPLETE_COMMAND = '__complete';

// It only asks the very program that is being typed, so it never knows less, or more, than that does. Where that knows
// nothing, the shell offers files.
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of hodei: source <(hodei completion bash)
_hodei() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" ${COMPLETE_COMMAND} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -o default -F _hodei hodei 2>/dev/null || complete -o default -F _hodei hodei
`,
  zsh: `#compdef hodei
# zsh completion of hodei: source <(hodei completion zsh), or this file as _hodei in a folder of $fpath
_hodei() {
  local line value about
  local -a candidates
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    about=\${line#*$'\\t'}
    candidates+=("\${value//:/\\\\:}\${about:+:$about}")
  done < <("\${words[1]}" ${COMPLETE_COMMAND} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then _describe -t values 'hodei' candidates; else _files; fi
}
if [ "$funcstack[1]" = "_hodei" ]; then _hodei "$@"; else compdef _hodei hodei; fi
`,
  fish: `# fish completion of hodei: hodei completion fish | source
function __hodei_complete
    set -l typed (commandline -opc)
    $typed[1] ${COMPLETE_COMMAND} -- $typed[2..-1] (commandline -ct) 2>/dev/null
end
complete -c hodei -f -a '(__hodei_complete)'
complete -c hodei -n '__fish_seen_subcommand_from submit' -F
`,
};

/** What a shell is to source. */
export const shellScript = (shell: Shell): string => SCRIPTS[shell];
