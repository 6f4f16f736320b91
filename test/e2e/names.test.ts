import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startRelay } from '../helpers/relay.js';
import { ONE_SENTENCE, Tool } from '../helpers/tools.js';
import { plant, scratch, tree } from '../helpers/transfer.js';

describe.runIf(process.platform === 'linux')('names between two Linux machines', () => {
  it.each([
    ['what Windows forbids', ['d'], undefined],
    ['a backslash in --name', ['--name', 'a\\b', '-'], 'hi'],
  ])('%s arrives as it is', async (_what, args, input) => {
    await using relay = await startRelay();
    await using from = await scratch();
    await using to = await scratch();
    const names = ['12:30.txt', 'aux.c', 'trail.', 'back\\slash', 'sub/con', 'sub/ends with '];
    if (input === undefined)
      await plant(from.path, Object.fromEntries(names.map((name) => [`d/${name}`, name])));
    else await plant(from.path, { 'a\\b': input });
    const env = { RELAY_ADDRESS: `127.0.0.1:${relay.port}`, RELAY_CODE: '7404-olive-basic' };
    const sent = input === undefined ? {} : { input: Buffer.from(input) };
    await using sender = new Tool('relay-send', args, { env, cwd: from.path, ...sent });
    await sender.code();
    await using receiver = new Tool('relay-receive', ['--yes'], { env, cwd: to.path });
    expect([await sender.exited(), await receiver.exited()]).toEqual([0, 0]);
    expect(await tree(to.path)).toEqual(await tree(from.path));
  });

  it('one that is no UTF-8 is refused and named before there is a code', async () => {
    await using from = await scratch();
    await writeFile(Buffer.concat([Buffer.from(`${from.path}/no`), Buffer.from([0xff])]), '');
    const env = { RELAY_ADDRESS: '127.0.0.1:1' };
    await using sender = new Tool('relay-send', ['.'], { env, cwd: from.path });
    expect(await sender.exited()).toBe(1);
    expect(sender.stderr).toMatch(ONE_SENTENCE);
    expect(sender.stderr).toMatch(/no\uFFFD" has a name that is not UTF-8 text/);
  });
});
