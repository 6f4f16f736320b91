import { format } from 'prettier';
import { RECEIVE, SEND } from '../../src/cli/client/flags.js';
import { EVERY_PROGRAM } from '../../src/cli/flags/completion.js';
import { type Flag, isSwitch, spellingsOf } from '../../src/cli/flags/flag.js';
import { FLAGS } from '../../src/cli/server/flags.js';

/** Rows of each table, by the name that its marker in a page has. */
const TABLES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'relay-server': rowsOf(inGroups(Object.values(FLAGS))),
  'relay-send': rowsOf([...Object.values(SEND.flags), ...EVERY_PROGRAM]),
  'relay-receive': rowsOf([...Object.values(RECEIVE.flags), ...EVERY_PROGRAM], Object.values(SEND.flags)),
};

/** What stands above each. */
const HEAD = ['flag', 'variable', 'default', 'meaning'];

/** A page with its tables of flags written anew, between the two comments that each stands between. */
export async function withTables(page: string): Promise<string> {
  let written = page;
  for (const [name, rows] of Object.entries(TABLES)) {
    const [begin, end] = [`<!-- flags of ${name}: npm run docs:settings -->\n`, `\n<!-- end of flags -->`];
    const from = written.indexOf(begin) + begin.length;
    if (from < begin.length) continue;
    const to = written.indexOf(end, from);
    const lines = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
    const table = await format(lines.join('\n'), { parser: 'markdown' });
    written = `${written.slice(0, from)}\n${table}${written.slice(to)}`;
  }
  return written;
}

/** As --help has them: by group, in the order in which groups are met first. */
function inGroups(flags: readonly Flag[]): readonly Flag[] {
  const groups = [...new Set(flags.map(({ group }) => group))];
  return groups.flatMap((group) => flags.filter((flag) => flag.group === group));
}

/** @param above flags that the table before explains */
function rowsOf(flags: readonly Flag[], above: readonly Flag[] = []): readonly (readonly string[])[] {
  return flags.map((flag) => {
    const { variable, fallback = '', about, docs = about, kind } = flag;
    const spellings = spellingsOf(flag).map((one, index, { length }) =>
      index === length - 1 && !isSwitch(flag) ? `\`${one} ${kind.placeholder}\`` : `\`${one}\``,
    );
    return [
      spellings.join(', '),
      variable === undefined ? '' : `\`${variable}\``,
      fallback,
      above.includes(flag) ? 'as above' : docs,
    ].map((cell) => cell.replaceAll('|', '\\|'));
  });
}
