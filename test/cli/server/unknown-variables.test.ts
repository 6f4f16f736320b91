import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RECEIVE, SEND } from '../../../src/cli/client/flags.js';
import type { Flags } from '../../../src/cli/flags/flag.js';
import { unknownVariables } from '../../../src/cli/server/settings.js';

describe('unknownVariables', () => {
  it('names those that are no setting, and the one that was meant', () => {
    const env = { RELAY_RETRY_WINDW: '5m', RELAY_PORT: '1', RELAY_COLOUR_OF_CAT: 'red', PATH: '/bin' };
    expect(unknownVariables(env)).toEqual([
      { variable: 'RELAY_RETRY_WINDW', didYouMean: 'RELAY_RETRY_WINDOW' },
      { variable: 'RELAY_COLOUR_OF_CAT', didYouMean: undefined },
    ]);
  });

  it.each(['RELAY_', 'RELAY_HELP', 'RELAY_VERSION', 'RELAY__', 'RELAY_Ü', 'RELAY_A B'])(
    'takes any name: %s',
    (variable) => {
      expect(unknownVariables({ [variable]: 'x' })).toEqual([{ variable, didYouMean: undefined }]);
    },
  );

  it('leaves those of the tools alone, in an environment that both share', () => {
    const tables: Flags[] = [SEND.flags, RECEIVE.flags];
    const ofFlags = tables.flatMap((flags) => Object.values(flags).flatMap(({ variable = [] }) => variable));
    const sources = ['send-settings', 'receive-settings'].map((file) =>
      readFileSync(new URL(`../../../src/cli/client/${file}.ts`, import.meta.url), 'utf8'),
    );
    const withoutFlag = sources.flatMap((text) =>
      [...text.matchAll(/env\['(RELAY_[A-Z_]+)'/g)].map(([, variable = '']) => variable),
    );
    const read = [...ofFlags, ...withoutFlag];
    expect(read).toEqual(expect.arrayContaining(['RELAY_ADDRESS', 'RELAY_CA', 'RELAY_CODE', 'RELAY_TOKEN']));
    expect(unknownVariables(Object.fromEntries(read.map((variable) => [variable, 'x'])))).toEqual([]);
  });
});
