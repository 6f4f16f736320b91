import type { Dialect } from '../../../src/relay/dialects/dialect.js';
import { readHead } from '../../../src/relay/wire/read-head.js';
import { TcpWire } from '../../../src/relay/wire/tcp.js';

const say = (words: object): string => `${JSON.stringify(words)}\n`;

const voice: Dialect['voice'] = {
  refused: ({ token }) => say({ refused: token }),
  waiting: (seconds) => say({ wait: seconds }),
  paired: () => say({ paired: true }),
  disconnected: (reason) => say({ over: reason }),
  heartbeatMs: 1000,
  finWhileWaiting: 'leaves',
};

/** A dialect of the tests, whole: an object that says what to meet at, and whoever comes second meets who came first. */
export const another: Dialect = {
  name: 'another',
  voice,
  sniff: (head) =>
    head[0] !== 0x7b ? 'other' : head.length < 2 ? 'more' : head[1] === 0x22 ? 'mine' : 'other',
  async greet(wire, known, timeLeft) {
    const find = (bytes: Buffer) => (bytes.includes(0x0a) ? { kind: 'found' as const, bytes } : undefined);
    const head = await readHead(wire.stream, timeLeft(), find, known);
    if (head.kind === 'lost' || head.kind === 'stopped') return { kind: 'over' };
    if (head.kind !== 'found')
      return { kind: 'refused', wire, voice, refusal: { token: 'handshake-timeout' } };
    const end = head.bytes.indexOf(0x0a) + 1;
    const [said, surplus] = [head.bytes.subarray(0, end), head.bytes.subarray(end)];
    const asked = JSON.parse(said.toString()) as { meet?: string; ping?: string };
    if (asked.meet === undefined) {
      wire.stream.write(say({ pong: asked.ping }));
      return { kind: 'served', wire, done: Promise.resolve('closed') };
    }
    const nothing = { key: undefined, token: undefined, retry: false, wait: false, receivers: undefined };
    const request = { code: asked.meet, role: 'either', ...nothing } as const;
    return { kind: 'join', wire, voice, request, said, surplus, note: {} };
  },
  restore: (tcp) => ({ wire: new TcpWire(tcp), voice }),
};
