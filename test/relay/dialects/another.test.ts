import { describe, expect, it } from 'vitest';
import type { Dialect, Greeting } from '../../../src/relay/dialects/dialect.js';
import { line } from '../../../src/relay/dialects/line.js';
import type { Wire } from '../../../src/relay/wire/wire.js';
import { createRelay } from '../../../src/index.js';
import { Client } from '../../helpers/client.js';
import { eventually } from '../../helpers/eventually.js';
import { handoverPair } from '../../helpers/handover.js';
import { startRelay, type TestRelay } from '../../helpers/relay.js';
import { CERTIFICATE } from '../../helpers/tls.js';
import { another } from './another.js';

const start = (options: Parameters<typeof startRelay>[0] = {}) =>
  startRelay({ dialects: [another, line], ...options });

describe.concurrent('a second dialect on the same port', () => {
  it('pairs two of its own, whoever comes first', async () => {
    await using relay = await start();
    const first = await relay.connect('{"meet":"code"}\nfrom the first');
    await first.untilText('{"wait":600}\n');
    const second = await relay.connect('{"meet":"code"}\nfrom the second');
    await first.untilText('{"wait":600}\n{"paired":true}\nfrom the second');
    await second.untilText('{"paired":true}\nfrom the first');
    first.end();
    await second.untilText('{"paired":true}\nfrom the first{"over":"closed"}\n');
    second.end();
    await relay.untilEmpty();
    expect(relay.records.map(({ role, ending }) => `${role} ${ending}`).sort()).toEqual([
      'receiver closed',
      'sender closed',
    ]);
  });

  it('meets who speaks the line', async () => {
    await using relay = await start();
    const sender = await relay.connect('code:sender:status\nfile');
    await sender.untilText('WAITING 600\n');
    const other = await relay.connect('{"meet":"code"}\nthanks');
    await other.untilText('{"paired":true}\nfile');
    await sender.untilText('WAITING 600\nPAIRED\nthanks');
    expect(await relay.ask('{"meet":"code"}\n')).toBe('{"refused":"room-full"}\n');
    expect(await relay.ask('code:receiver\n')).toBe('Room is full.\n');
  });

  it('is told from the line however it is cut', async () => {
    await using relay = await start();
    const first = await relay.connect('code:sender\nx');
    await relay.untilRooms({ waiting: 1 });
    const second = await relay.connect();
    for (const byte of '{"meet":"code"}\n') {
      second.write(byte);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await second.untilText('{"paired":true}\nx');
    first.end();
    expect(await relay.ask('{meet}\n')).toMatch(/^Invalid handshake: /);
  });

  it('serves what needs no room', async () => {
    await using relay = await start();
    expect(await relay.ask('{"ping":"1"}\n')).toBe('{"pong":"1"}\n');
    await relay.untilEmpty();
    expect(relay.records).toMatchObject([
      { role: undefined, room: undefined, ending: 'closed', admitted: false },
    ]);
  });

  it('tells of what fails that it serves, though its client is gone', async () => {
    let serve: (greeting: Greeting) => void = () => undefined;
    const greeting = new Promise<Greeting>((resolve) => (serve = resolve));
    const faults: string[] = [];
    let wire: Wire | undefined;
    const failing: Dialect = {
      ...another,
      greet: (greeted) => {
        wire = greeted;
        return greeting;
      },
    };
    await using relay = await start({
      dialects: [failing, line],
      onFault: ({ message }) => void faults.push(message),
    });
    const client = await relay.connect('{"ping":1}\n');
    await eventually(() => expect(wire).toBeDefined());
    client.socket.resetAndDestroy();
    wire!.stream.destroy();
    await relay.untilEmpty();
    serve({ kind: 'served', wire: wire!, done: Promise.reject(new Error('its file is gone')) });
    await eventually(() => expect(faults).toEqual(['its file is gone']));
  });

  it('speaks to those who are refused before they were greeted, each in their own words', async () => {
    await using relay = await start({ maxConnections: 1 });
    await relay.connect('code:sender\n');
    await relay.untilRooms({ waiting: 1 });
    expect(await relay.ask('{"meet":"code"}\n')).toBe('{"refused":"server-full"}\n');
    expect(await relay.ask('code:receiver\n')).toBe('Server is full. Try again later.\n');
  });

  it('comes through TLS as the line does', async () => {
    await using relay = await start({ tls: CERTIFICATE });
    const first = await relay.connect('{"meet":"code"}\nsecret', { tls: true });
    await relay.untilRooms({ waiting: 1 });
    const second = await relay.connect('code:receiver\n', { tls: true });
    await second.untilText('secret');
    first.end();
    const plain = await relay.connect('{"meet":"other"}\n');
    await plain.untilText('{"wait":600}\n');
  });

  it('has one deadline for all that it has to say', async () => {
    await using relay = await start({ handshakeTimeoutMs: 200 });
    expect(await relay.ask('{')).toBe('Handshake timed out.\n');
    const cut = await relay.connect('{');
    cut.end();
    await cut.untilEnd();
    expect(cut.text).toBe('Invalid handshake: it ends before it says what it is.\n');
    const silent = await relay.connect('{"');
    await silent.untilEnd();
    expect(silent.text).toBe('{"refused":"handshake-timeout"}\n');
  });
});

describe('a relay that does not speak the line', () => {
  it('refuses it as a malformed one, and whatever else nothing knows as its own', async () => {
    await using relay = await startRelay({ dialects: [another] });
    const refusal = 'Invalid handshake: this relay does not speak that.\n';
    expect(await relay.ask('code:sender\n')).toBe(refusal);
    expect(await relay.ask('GET / HTTP/1.1\r\n\r\n')).toBe(refusal);
    const first = await relay.connect('{"meet":"code"}\n');
    await first.untilText('{"wait":600}\n');
    expect(relay.records.map(({ ending }) => ending)).toEqual(['invalid-handshake', 'invalid-handshake']);
  });
});

describe('an upgrade', () => {
  /** The successor of a relay, in this process. */
  async function upgrade(relay: TestRelay, options: Parameters<typeof startRelay>[0]) {
    const [ours, theirs] = handoverPair();
    const successor = createRelay({ port: 0, host: '127.0.0.1', rateLimitIp: 0, ...options });
    const started = successor.start({ predecessor: theirs });
    await relay.relay.handOver(ours);
    await started;
    return successor;
  }

  it('takes along who waits, whatever it speaks', async () => {
    await using relay = await start();
    const first = await relay.connect('{"meet":"code"}\nearly');
    await first.untilText('{"wait":600}\n');
    await using successor = await upgrade(relay, { dialects: [another, line] });
    expect(successor.rooms.waiting).toBe(1);
    const { port } = successor.address!;
    using second = await Client.connect(port, { line: 'code:receiver\nthanks' });
    await second.untilText('early');
    expect(first.text).toMatch(/^({"wait":\d+}\n)+{"paired":true}\nthanks$/);
  });

  it('tells one to come again whom the successor does not understand', async () => {
    await using relay = await start();
    const first = await relay.connect('{"meet":"code"}\n');
    await first.untilText('{"wait":600}\n');
    await using successor = await upgrade(relay, { dialects: [line] });
    await first.untilEnd();
    expect(first.text).toMatch(/Server is shutting down\.\n$/);
    first.end();
    await eventually(() => expect(successor.rooms).toEqual({ waiting: 0, paired: 0, held: 0 }));
  });
});
