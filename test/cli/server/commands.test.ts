import { describe, expect, it } from 'vitest';
import { describeCommands } from '../../../src/cli/server/program.js';

const nothing = () => Promise.resolve({ main: () => Promise.resolve(0) });

describe('describeCommands', () => {
  it('says nothing where there are none', () => {
    expect(describeCommands(new Map())).toBe('');
  });

  it('has a line for each, under a heading', () => {
    const commands = new Map([
      ['sit', { about: 'sits down', load: nothing }],
      ['roll', { about: 'rolls over', load: nothing }],
    ]);
    expect(describeCommands(commands)).toBe(
      '\nInstead of running (relay-server <name> --help):\n  sit      sits down\n  roll     rolls over\n',
    );
  });
});
