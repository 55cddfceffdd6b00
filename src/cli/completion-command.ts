import { EXIT, KfError } from '../contract/errors.js';
import { listSupervisors } from '../control/find-supervisor.js';
import { appNames } from '../platforms/pm2/ecosystem/read-ecosystem.js';
import { type CompletionSources, complete } from './complete.js';
import { print } from './print.js';

/** Asks this command with the words so far; the last line says whether a file may stand there too. */
const BASH = `# kf-cluster completion bash >> ~/.bashrc
_kf_cluster() {
  local line before current out
  before=\${COMP_LINE:0:COMP_POINT}
  current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current == '=' ]] && current=
  local -a words
  # shellcheck disable=SC2162  # a backslash stands in front of a space that belongs to a word
  read -a words <<< "$before"
  [[ $before == *' ' && $before != *'\\ ' ]] && words+=('')
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r out; do COMPREPLY+=("$out"); done < <(compgen -f -- "$current")
    elif [[ $before == *=* && $line == --*=* ]]; then COMPREPLY+=("$(printf %q "\${line#*=}")")
    else COMPREPLY+=("$(printf %q "$line")"); fi
  done < <(kf-cluster complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _kf_cluster kf-cluster
`;
const ZSH = `#compdef kf-cluster
# kf-cluster completion zsh > "\${fpath[1]}/_kf-cluster"
_kf_cluster() {
  local line files
  local -a values
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then files=1
    else values+=("$line"); fi
  done < <(kf-cluster complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  compadd -- $values
  [[ -z $files ]] && return
  compset -P '--*='
  _files
}
compdef _kf_cluster kf-cluster
# In a directory of fpath this file is the function that the first Tab calls.
if [[ $funcstack[1] == _kf-cluster ]]; then _kf_cluster "$@"; fi
`;
const FISH = `# kf-cluster completion fish > ~/.config/fish/completions/kf-cluster.fish
function __kf_cluster
  set -l words (commandline -opc) (commandline -ct)
  for line in (kf-cluster complete -- $words[2..-1] 2>/dev/null)
    if test "$line" = ':files'
      set -l flag (string match -r -- '^--[^=]+=' $words[-1])
      for path in (__fish_complete_path (string replace -r -- '^--[^=]+=' '' $words[-1]))
        echo "$flag$path"
      end
    else
      echo $line
    end
  end
end
complete -c kf-cluster -f -a '(__kf_cluster)'
`;
const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/**
 * `kf-cluster completion [bash|zsh|fish]`: by default for the shell that SHELL names.
 * @throws KfError BAD_FLAG
 */
export async function completion(shell: string | undefined, env: NodeJS.ProcessEnv): Promise<number> {
  const name = shell ?? env.SHELL?.split('/').at(-1) ?? 'bash';
  const script = SCRIPTS[name] ?? (shell === undefined ? BASH : undefined);
  if (script === undefined) {
    throw new KfError('BAD_FLAG', `${JSON.stringify(shell)} is no shell of ours`, 'there are bash, zsh and fish', {
      fix: 'kf-cluster completion bash',
    });
  }
  await print(script);
  return EXIT.ok;
}

/** What the scripts call. Nothing that fails there is anybody's business while he types. */
export async function completeWords(
  words: readonly string[],
  parser: Pick<CompletionSources, 'commands' | 'flags'>,
): Promise<number> {
  const { values, files } = await complete(words, {
    ...parser,
    running: async () => {
      const found = await listSupervisors().catch(() => []);
      return found.flatMap(({ identity }) => (identity ? [identity.name] : []));
    },
    apps: (file) =>
      appNames({ file, cwd: process.cwd(), environment: process.env, only: undefined, env: undefined }).catch(() => []),
  });
  await print([...values, ...(files ? [':files'] : [])].map((line) => `${line}\n`).join(''));
  return EXIT.ok;
}
