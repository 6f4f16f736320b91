import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inheritedIgnored, type Traces } from '../../src/cli/inherited-signals.js';
import { eventually } from '../helpers/eventually.js';
import { HAS_PROC } from '../helpers/proc.js';
import { OwnProcess } from '../helpers/own-process.js';
import { RelayProcess } from '../helpers/process.js';
import { Tool } from '../helpers/tools.js';

const NONE: Traces = {
  lastProgram: '/usr/bin/relay-send',
  parentStatus: 'Name:\tbash\nSigIgn:\t0000000000384004\n',
  stdinInfo: 'pos:\t0\nflags:\t0100002\n',
  stdoutPath: '/dev/pts/1',
};

describe('nohup and an inherited ignored SIGINT are respected', () => {
  it.each<[what: string, traces: Partial<Traces>, ignored: string[]]>([
    ['a shell of a person', {}, []],
    [
      'nothing that can be looked at',
      { parentStatus: undefined, stdinInfo: undefined, stdoutPath: undefined },
      [],
    ],
    ['the shell says nohup', { lastProgram: '/usr/bin/nohup' }, ['SIGHUP']],
    ['standard input that nohup gives', { stdinInfo: 'flags:\t0100001\n' }, ['SIGHUP']],
    ['standard output that nohup gives', { stdoutPath: '/home/ada/nohup.out' }, ['SIGHUP']],
    ['a script under nohup', { parentStatus: 'SigIgn:\t0000000000000001\n' }, ['SIGHUP']],
    ["a script with trap '' INT", { parentStatus: 'SigIgn:\t0000000000000002\n' }, ['SIGINT']],
    ["a script with trap '' HUP INT", { parentStatus: 'SigIgn:\t0000000000000003\n' }, ['SIGHUP', 'SIGINT']],
    ['a program that waits in system(3)', { parentStatus: 'SigIgn:\t0000000000000006\n' }, []],
  ])('%s', (_what, traces, ignored) => {
    expect([...inheritedIgnored({ ...NONE, ...traces })]).toEqual(ignored);
  });

  it.runIf(HAS_PROC).each(['HUP', 'INT'] as const)('of a real shell: %s', async (name) => {
    await using relay = await RelayProcess.start();
    const bin = fileURLToPath(new URL('../../bin/relay-send.js', import.meta.url));
    const env = {
      ...process.env,
      _: undefined,
      RELAY_CODE: undefined,
      RELAY_ADDRESS: `127.0.0.1:${relay.port}`,
    };
    const script = `trap '' ${name}; "$0" "$1" --text x & echo "pid $!" >&2; wait $!`;
    await using shell = new OwnProcess(['sh', '-c', script, process.execPath, bin], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [pid, code = ''] = await eventually(() => {
      const found = /^pid (\d+)\n[^]*Code: (\S+)\n/.exec(shell.stderr);
      if (found === null) throw new Error(shell.stderr);
      return found.slice(1);
    });
    process.kill(Number(pid), `SIG${name}`);
    await using receiver = new Tool('relay-receive', ['--yes', code], { env });
    expect([await receiver.exited(), await shell.exited()]).toEqual([0, 0]);
    expect(receiver.stdout.toString()).toBe('x');
  });
});
