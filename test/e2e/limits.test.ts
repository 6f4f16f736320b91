import { describe, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { HAS_PROC, cpuSeconds, openFiles } from '../helpers/proc.js';
import { RelayProcess } from '../helpers/process.js';

const FULL = 'Server is full. Try again later.\n';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function waiter(relay: RelayProcess, code: string, localAddress = '127.0.0.1'): Promise<Client> {
  const client = await Client.connect(relay.port, { line: `${code}:receiver:wait:status\n`, localAddress });
  await client.untilText('\n');
  return client;
}

describe.concurrent('connections', () => {
  it('max-connections: refuses one too many, and lets it in when another has left', async () => {
    await using relay = await RelayProcess.start(['--max-connections', '2']);
    using first = await waiter(relay, 'a');
    using second = await waiter(relay, 'b', '127.0.0.2');
    using third = await Client.connect(relay.port, { line: 'c:sender:status\n' });
    expect(await third.finish()).toBe(FULL);
    first.reset();
    await relay.untilEnded(2);
    using fourth = await waiter(relay, 'd', '127.0.0.3');
    expect(fourth.text).toMatch(/^WAITING/);
    expect(second.ended).toBe(false);
  });

  it('max-connections-per-ip: counts each source by itself, and a pairing goes on', async () => {
    await using relay = await RelayProcess.start(['--max-connections-per-ip', '2']);
    using receiver = await Client.connect(relay.port, { line: 'a:receiver:wait\n' });
    using sender = await Client.connect(relay.port, { line: 'a:sender\nhello' });
    await receiver.untilText('hello');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      using refused = await Client.connect(relay.port, { line: 'b:sender\n' });
      expect(await refused.finish()).toBe(FULL);
    }
    using other = await waiter(relay, 'c', '127.0.0.2');
    expect(other.text).toMatch(/^WAITING/);
    sender.end('!');
    expect(await receiver.finish()).toBe('hello!DISCONNECT\n');
    await sender.untilClosed();
    await relay.untilEnded(5);
    using later = await waiter(relay, 'd');
    expect(later.text).toMatch(/^WAITING/);
  });
});

describe.concurrent('rate limits', () => {
  it('the sixth in a minute, and another source is not affected', async () => {
    await using relay = await RelayProcess.start(['--rate-limit-ip', '5']);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      using client = await waiter(relay, `room-${attempt}`);
      expect(client.text).toMatch(/^WAITING/);
    }
    using sixth = await Client.connect(relay.port, { line: 'six:sender\n' });
    const sentence = await sixth.finish();
    expect(sentence).toMatch(/^Rate limit exceeded for IP\. Try again in \d+ seconds\.\n$/);
    expect(Number(/\d+/.exec(sentence)![0])).toBeGreaterThan(50);
    expect(Number(/\d+/.exec(sentence)![0])).toBeLessThanOrEqual(60);
    using other = await waiter(relay, 'other', '127.0.0.2');
    expect(other.text).toMatch(/^WAITING/);
  });

  it('per code: from one source to one code', async () => {
    await using relay = await RelayProcess.start(['--rate-limit-code', '2']);
    const attempt = (code: string, localAddress = '127.0.0.1') =>
      Client.connect(relay.port, { line: `${code}:receiver:wait:status\n`, localAddress });
    for (let each = 0; each < 2; each += 1) {
      using client = await waiter(relay, 'busy');
      client.reset();
      await relay.untilEnded(each + 1);
    }
    using third = await attempt('busy');
    expect(await third.finish()).toMatch(
      /^ERROR rate-limited Rate limit exceeded for code\. Try again in [1-6]?\d seconds\.\n$/,
    );
    using elsewhere = await attempt('quiet');
    using another = await attempt('busy', '127.0.0.2');
    await Promise.all([elsewhere.untilText('WAITING'), another.untilText('WAITING')]);
  });
});

describe.skipIf(!HAS_PROC)('fd_exhaustion', () => {
  // The relay stops short of the limit by itself; with as few files as this even its own share does not fit.
  it.each([64, 40])(
    'with %i open files: the pair goes on, accept recovers, and it does not spin',
    async (limit) => {
      const unlimited = ['--max-connections-per-ip', '0', '--rate-limit-ip', '0'];
      await using relay = await RelayProcess.startLimited(limit, unlimited);
      using receiver = await Client.connect(relay.port, { line: 'pair:receiver:wait\n' });
      using sender = await Client.connect(relay.port, { line: 'pair:sender\nbefore ' });
      await receiver.untilText('before ');

      const crowd = await Promise.all(
        Array.from({ length: 120 }, (_, index) =>
          Client.connect(relay.port, { line: `room-${index}:receiver:wait:status\n` }),
        ),
      );
      // Each of them is in, refused or closed.
      await eventually(() => {
        const undecided = crowd.filter(({ text, closed, ended }) => text === '' && !closed && !ended);
        if (undecided.length > 0) throw new Error(`${undecided.length} hang`);
      });
      expect(crowd.filter(({ text }) => text.startsWith('WAITING')).length).toBeGreaterThan(0);
      expect(openFiles(relay.pid)).toBeLessThanOrEqual(limit);
      // A process that spins takes what it can get, and goes on; one that has something left to do comes to rest.
      await eventually(async () => {
        for (let second = 0; second < 3; second += 1) {
          const cpuBefore = cpuSeconds(relay.pid);
          await pause(1000);
          expect(cpuSeconds(relay.pid) - cpuBefore).toBeLessThan(0.3);
        }
      });

      sender.write('during ');
      await receiver.untilText('during ');
      for (const client of crowd) client.reset();
      await eventually(async () => {
        using late = await Client.connect(relay.port, { line: 'late:receiver:wait:status\n' });
        await late.untilText('\n');
        expect(late.text).toMatch(/^WAITING/);
      });
      sender.end('after');
      expect(await receiver.untilEnd()).toBe('before during afterDISCONNECT\n');
      expect(relay.stderr).toBe('');
      expect(relay.lines.filter(({ msg }) => msg === 'fault')).toEqual([]);
    },
  );
});

describe.skipIf(!HAS_PROC)('refused connections that linger at 1,024 files', () => {
  it('cost nobody a place, however many there are', async () => {
    await using relay = await RelayProcess.startLimited(1024, ['--rate-limit-ip', '1']);
    // The first of a source takes the only connection of this minute, and leaves.
    const sources = Array.from({ length: 30 }, (_, n) => `127.0.2.${n + 1}`);
    const connectFrom = (localAddress: string) => Client.connect(relay.port, { localAddress });
    for (const client of await Promise.all(sources.map(connectFrom))) client.end();
    await relay.untilEnded(20);
    // None of the others closes.
    const flood: Client[] = [];
    for (let round = 0; round < 50; round += 1) flood.push(...(await Promise.all(sources.map(connectFrom))));
    using receiver = await waiter(relay, 'pair', '127.0.0.2');
    using sender = await Client.connect(relay.port, {
      line: 'pair:sender\nhello',
      localAddress: '127.0.0.3',
    });
    await receiver.untilText('hello');
    expect(openFiles(relay.pid)).toBeLessThan(200);
    for (const client of flood) await client.until(({ ended, closed }) => ended || closed);
    // Nobody was closed without a word for want of files.
    expect(flood.filter(({ text }) => !text.startsWith('Rate limit exceeded for IP.')).length).toBe(0);
    expect(relay.stdout).not.toContain('server-full');
    sender.end();
    expect(await receiver.untilEnd()).toContain('hello');
    for (const client of flood) client.reset();
  });
});
