import { flagLike } from '../flags/command-line.js';
import { variableOf } from '../flags/flag.js';
import { FLAG_NAMES, FLAGS } from './flags.js';

/** Variables that `relay-send` and `relay-receive` read. */
const OF_THE_TOOLS = ['RELAY_ADDRESS', 'RELAY_CA', 'RELAY_CODE', 'RELAY_TOKEN'];

export interface UnknownVariable {
  readonly variable: string;
  readonly didYouMean: string | undefined;
}

/** Variables that look like settings, and are none: typing errors, mostly. */
export function unknownVariables(env: NodeJS.ProcessEnv): readonly UnknownVariable[] {
  const known = new Set([...OF_THE_TOOLS, ...FLAG_NAMES.map((name) => variableOf(FLAGS[name]))]);
  return Object.keys(env)
    .filter((variable) => variable.startsWith('RELAY_') && !known.has(variable))
    .map((variable) => {
      const meant = flagLike(`--${variable.slice('RELAY_'.length).toLowerCase().replaceAll('_', '-')}`);
      return { variable, didYouMean: meant && variableOf(meant) };
    });
}
