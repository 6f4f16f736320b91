import type { Shell } from '../client/common-flags.js';
import { type Flag, longOf, type Program } from '../client/flags.js';

/** A completion script, made of the same table as --help. */
export function completionScript(program: Program, shell: Shell): string {
  return `${SCRIPTS[shell](program)}\n`;
}

const EVERY_PROGRAM: readonly Flag[] = [
  { flag: '-V, --version', about: 'show the version' },
  { flag: '-h, --help', about: 'show this help' },
];

const SCRIPTS: Readonly<Record<Shell, (program: Program) => string>> = { bash, zsh, fish };

function bash(program: Program): string {
  const { name, takesPaths } = program;
  const flags = flagsOf(program);
  const own = `_${name.replaceAll('-', '_')}`;
  const cases = flags
    .filter(({ kind }) => kind !== undefined)
    .map((flag) => `    ${spellings(flag).join('|')}) ${bashValue(flag)}return ;;`);
  // No `mapfile` and no `compopt`: the bash of macOS has neither.
  return [
    `# Put it into ~/.bashrc: eval "$(${name} --completion bash)"`,
    `${own}() {`,
    `  local IFS=$'\\n' current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"`,
    '  COMPREPLY=()',
    '  case "$previous" in',
    ...cases,
    '  esac',
    '  case "$current" in',
    `    -*) ${bashWords(flags.flatMap(spellings))} ;;`,
    ...(takesPaths ? [`    *) ${BASH_PATHS} ;;`] : []),
    '  esac',
    '}',
    `complete -o filenames -F ${own} ${name}`,
  ].join('\n');
}

const BASH_PATHS = 'COMPREPLY=($(compgen -f -- "$current"))';

function bashWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W $'${words.join('\\n')}' -- "$current"))`;
}

function bashValue({ completes = [] }: Flag): string {
  if (completes === 'paths') return `${BASH_PATHS}; `;
  return completes.length === 0 ? '' : `${bashWords(completes)}; `;
}

function zsh(program: Program): string {
  const { name, takesPaths } = program;
  const specs = flagsOf(program).map((flag) => {
    const all = spellings(flag);
    // `=` and `+`: the value may also stand in the same word.
    const marked = all.map((each) =>
      flag.kind === undefined ? each : `${each}${each.startsWith('--') ? '=' : '+'}`,
    );
    const names = all.length === 1 ? `'${marked.join('')}` : `'(${all.join(' ')})'{${marked.join(',')}}'`;
    return `${names}[${zshText(flag.about)}]${zshValue(flag)}'`;
  });
  return [
    `#compdef ${name}`,
    `# Put it into ~/.zshrc, after compinit: eval "$(${name} --completion zsh)"`,
    `_${name}() {`,
    `  _arguments -s \\`,
    [...specs, takesPaths ? "'*:path:_files'" : "'*:code: '"].map((spec) => `    ${spec}`).join(' \\\n'),
    '}',
    `if [ "$funcstack[1]" = "_${name}" ]; then _${name} "$@"; else compdef _${name} ${name}; fi`,
  ].join('\n');
}

function zshValue({ kind, completes = [] }: Flag): string {
  if (kind === undefined) return '';
  const message = zshText(kind.placeholder.replace(/[<>]/g, ''));
  if (completes === 'paths') return `:${message}:_files`;
  return `:${message}:${completes.length === 0 ? ' ' : `(${completes.join(' ')})`}`;
}

function zshText(text: string): string {
  return text.replaceAll("'", '').replace(/[[\]:\\]/g, '\\$&');
}

function fish(program: Program): string {
  const { name, takesPaths } = program;
  const lines = flagsOf(program).map((flag) => {
    const names = spellings(flag).map((each) =>
      each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`,
    );
    return `complete -c ${name} ${names.join(' ')}${fishValue(flag)} -d '${flag.about.replace(/['\\]/g, '\\$&')}'`;
  });
  return [
    `# Put it into ~/.config/fish/config.fish: ${name} --completion fish | source`,
    ...(takesPaths ? [] : [`complete -c ${name} -f`]),
    ...lines,
  ].join('\n');
}

function fishValue({ kind, completes = [] }: Flag): string {
  if (kind === undefined) return '';
  if (completes === 'paths') return ' -r -F';
  return completes.length === 0 ? ' -x' : ` -x -a '${completes.join(' ')}'`;
}

function flagsOf({ flags }: Program): readonly Flag[] {
  return [...flags, ...EVERY_PROGRAM];
}

/** `-q`, `--quiet` */
function spellings({ flag }: Flag): string[] {
  const long = longOf(flag);
  return flag === long ? [long] : [flag.slice(0, 2), long];
}
