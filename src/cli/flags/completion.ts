import { type Flag, isSwitch, spellingsOf } from './flag.js';
import { SWITCH } from './kinds.js';
import type { Program } from './program.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A completion script, made of the same table as --help. */
export function completionScript(program: Program, shell: Shell): string {
  return `${SCRIPTS[shell](program)}\n`;
}

/** What every program has beside the flags of its table. */
export const EVERY_PROGRAM: readonly Flag[] = [
  { flag: '-V, --version', kind: SWITCH, about: 'show the version' },
  { flag: '-h, --help', kind: SWITCH, about: 'show this help' },
];

const SCRIPTS: Readonly<Record<Shell, (program: Program) => string>> = { bash, zsh, fish };

function bash(program: Program): string {
  const { name, operands } = program;
  const flags = flagsOf(program);
  const own = `_${name.replaceAll('-', '_')}`;
  const cases = flags
    .filter((flag) => !isSwitch(flag))
    .map((flag) => `    ${spellingsOf(flag).join('|')}) ${bashValue(flag)}return ;;`);
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
    `    -*) ${bashWords(flags.flatMap(spellingsOf))} ;;`,
    ...(operands === 'paths' ? [`    *) ${BASH_PATHS} ;;`] : []),
    '  esac',
    '}',
    `complete -o filenames -F ${own} ${name}`,
  ].join('\n');
}

const BASH_PATHS = 'COMPREPLY=($(compgen -f -- "$current"))';

function bashWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W $'${words.join('\\n')}' -- "$current"))`;
}

function bashValue({ kind: { completes = [] } }: Flag): string {
  if (completes === 'paths') return `${BASH_PATHS}; `;
  return completes.length === 0 ? '' : `${bashWords(completes)}; `;
}

function zsh(program: Program): string {
  const { name, operands } = program;
  const specs = flagsOf(program).map((flag) => {
    const all = spellingsOf(flag);
    // `=` and `+`: the value may also stand in the same word.
    const marked = all.map((each) => (isSwitch(flag) ? each : `${each}${each.startsWith('--') ? '=' : '+'}`));
    const names = all.length === 1 ? `'${marked.join('')}` : `'(${all.join(' ')})'{${marked.join(',')}}'`;
    return `${names}[${zshText(flag.about)}]${zshValue(flag)}'`;
  });
  return [
    `#compdef ${name}`,
    `# Put it into ~/.zshrc, after compinit: eval "$(${name} --completion zsh)"`,
    `_${name}() {`,
    `  _arguments -s \\`,
    [...specs, operands === 'paths' ? "'*:path:_files'" : "'*:code: '"]
      .map((spec) => `    ${spec}`)
      .join(' \\\n'),
    '}',
    `if [ "$funcstack[1]" = "_${name}" ]; then _${name} "$@"; else compdef _${name} ${name}; fi`,
  ].join('\n');
}

function zshValue(flag: Flag): string {
  if (isSwitch(flag)) return '';
  const { placeholder, completes = [] } = flag.kind;
  const message = zshText(placeholder.replace(/[<>]/g, ''));
  if (completes === 'paths') return `:${message}:_files`;
  return `:${message}:${completes.length === 0 ? ' ' : `(${completes.join(' ')})`}`;
}

function zshText(text: string): string {
  return text.replaceAll("'", '').replace(/[[\]:\\]/g, '\\$&');
}

function fish(program: Program): string {
  const { name, operands } = program;
  const lines = flagsOf(program).map((flag) => {
    const names = spellingsOf(flag).map((each) =>
      each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`,
    );
    return `complete -c ${name} ${names.join(' ')}${fishValue(flag)} -d '${flag.about.replace(/['\\]/g, '\\$&')}'`;
  });
  return [
    `# Put it into ~/.config/fish/config.fish: ${name} --completion fish | source`,
    ...(operands === 'paths' ? [] : [`complete -c ${name} -f`]),
    ...lines,
  ].join('\n');
}

function fishValue(flag: Flag): string {
  if (isSwitch(flag)) return '';
  const { completes = [] } = flag.kind;
  if (completes === 'paths') return ' -r -F';
  return completes.length === 0 ? ' -x' : ` -x -a '${completes.join(' ')}'`;
}

/** With the words of --help. */
function flagsOf({ flags, describe }: Program): readonly Flag[] {
  return [...Object.values(flags).map((flag) => ({ ...flag, about: describe(flag) })), ...EVERY_PROGRAM];
}
