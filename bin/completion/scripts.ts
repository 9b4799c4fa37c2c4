/**
 * Scripts by which shells complete our commands. Each finds the command that is being typed, and then its words. Variables
 * are `path_` and `candidates`: `path` and `words` are zsh's own.
 */
import type { CommandWords, Flag } from './command-words.js';

export const SHELLS = { bash, zsh, fish } as const;

const NAME = 'notification-streams';

/** `notification-streams completion bash >> ~/.bashrc`. Where nothing fits, files are completed. */
function bash(commands: readonly CommandWords[]): string {
  return `# bash completion of ${NAME}
_notification_streams() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path_="" candidates="" index
${pathLoop('for ((index = 1; index < COMP_CWORD; index++)); do', 'COMP_WORDS[index]', commands)}
  case "$path_ $previous" in
${choiceCases(commands)}
${anyValueCases(commands, 'return')}
  *) case "$path_" in
${wordCases(commands)}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -o default -F _notification_streams ${NAME}
`;
}

/** Into a folder of \`$fpath\`, as \`_notification-streams\`. */
function zsh(commands: readonly CommandWords[]): string {
  return `#compdef ${NAME}
_notification_streams() {
  local path_="" candidates="" index
  local previous="\${words[CURRENT-1]}"
${pathLoop('for ((index = 2; index < CURRENT; index++)); do', 'words[index]', commands)}
  case "$path_ $previous" in
${choiceCases(commands)}
${anyValueCases(commands, '_files; return')}
  *) case "$path_" in
${wordCases(commands)}
    esac ;;
  esac
  compadd -- \${=candidates} || _files
}
if [ "$funcstack[1]" = "_notification_streams" ]; then
  _notification_streams "$@"
else
  compdef _notification_streams ${NAME}
fi
`;
}

/** \`notification-streams completion fish > ~/.config/fish/completions/notification-streams.fish\`. */
function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ path, words, flags }) => {
    const at = `-n '__notification_streams_at "${path}"'`;
    return [
      ...words.map(({ word, description }) => `complete -c ${NAME} -f ${at} -a ${word} -d '${quoted(description)}'`),
      ...flags.map((flag) => `complete -c ${NAME} ${at} ${fishFlag(flag)}`),
    ];
  });
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `# fish completion of ${NAME}
function __notification_streams_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l deeper (string trim "$path $word")
    if contains -- "$deeper" ${paths.join(' ')}
      set path "$deeper"
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function fishFlag({ names, description, takesValue, choices }: Flag): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = choices ? `-x -a '${choices.join(' ')}'` : takesValue ? '-r' : '-f';
  return `${flags.join(' ')} ${value} -d '${quoted(description)}'`;
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

/** The command that the words so far name, flags and their values aside. */
function pathLoop(loop: string, word: string, commands: readonly CommandWords[]): string {
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`);
  return `  ${loop}
    case "\${path_:+$path_ }\${${word}}" in
    ${paths.join('|')}) path_="\${path_:+$path_ }\${${word}}" ;;
    esac
  done`;
}

/** Behind a flag that takes one of some words. */
function choiceCases(commands: readonly CommandWords[]): string {
  return commands
    .flatMap(({ path, flags }) =>
      flags
        .filter(({ choices }) => choices !== undefined)
        .map(({ names, choices }) => `  ${patterns(path, names)}) candidates="${choices!.join(' ')}" ;;`),
    )
    .join('\n');
}

/** Behind one that takes any value. */
function anyValueCases(commands: readonly CommandWords[], give: string): string {
  const all = commands.flatMap(({ path, flags }) =>
    flags
      .filter(({ takesValue, choices }) => takesValue && choices === undefined)
      .map(({ names }) => patterns(path, names)),
  );
  return `  ${all.join('|')}) ${give} ;;`;
}

function patterns(path: string, names: readonly string[]): string {
  return names.map((name) => `"${path} ${name}"`).join('|');
}

function wordCases(commands: readonly CommandWords[]): string {
  return commands
    .map(({ path, words, flags }) => {
      const all = [...words.map(({ word }) => word), ...flags.flatMap(({ names }) => names)];
      return `    "${path}") candidates="${all.join(' ')}" ;;`;
    })
    .join('\n');
}
