import { describe, expect, it } from 'vitest';
import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { RelayProcess } from '../helpers/process.js';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function get(relay: RelayProcess, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${relay.adminPort}${path}`);
  return { status: response.status, text: await response.text() };
}

/** The samples of a metrics page by name and labels. */
function samplesOf(text: string): Map<string, number> {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

describe.concurrent('the log', () => {
  it('says where it listens', async () => {
    await using relay = await RelayProcess.start();
    expect(relay.lines).toHaveLength(1);
    expect(relay.lines[0]).toMatchObject({ level: 30, msg: 'listening', host: '127.0.0.1' });
    expect(relay.port).toBeGreaterThan(0);
  });

  it("has one line for each connection's end, with its fields", async () => {
    await using relay = await RelayProcess.start();
    using receiver = await Client.connect(relay.port, {
      line: 'a:receiver:wait\n',
      localAddress: '127.0.0.9',
    });
    using sender = await Client.connect(relay.port, { line: 'a:sender\n12345' });
    sender.end();
    await receiver.untilEnd();
    receiver.end('123');
    await sender.untilEnd();
    using refused = await Client.connect(relay.port, { line: 'b:receiver\n' });
    await refused.finish();
    const ended = await relay.untilEnded(3);
    const anyTime = expect.any(Number) as number;
    const fields = { level: 30, time: expect.any(String) as string, msg: 'connection ended' };
    const byRole = (role: string, ending: string) =>
      ended.find((line) => line['role'] === role && line['ending'] === ending);
    const room = byRole('sender', 'closed')!['room'];
    expect(room).toMatch(/^[\w-]{22}$/);
    expect(byRole('sender', 'closed')).toEqual({
      ...fields,
      source: '127.0.0.1',
      role: 'sender',
      room,
      ending: 'closed',
      bytesIn: 5,
      bytesOut: 3,
      waitedMs: anyTime,
      pairedMs: anyTime,
    });
    expect(byRole('receiver', 'closed')).toMatchObject({
      source: '127.0.0.9',
      room,
      bytesIn: 3,
      bytesOut: 5,
    });
    expect(byRole('receiver', 'invalid-code')).toMatchObject({ bytesIn: 0, bytesOut: 0, pairedMs: 0 });
    expect(byRole('receiver', 'invalid-code')!['room']).not.toBe(room);
  });

  it('sums up a flood of 500 bad handshakes to a line a second', async () => {
    await using relay = await RelayProcess.start(['--rate-limit-ip', '0', '--max-connections-per-ip', '0']);
    const startedAt = performance.now();
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          using client = await Client.connect(relay.port, { line: 'GET / HTTP/1.1\r\n' });
          expect(await client.finish()).toMatch(/^Invalid handshake: /);
        }),
      );
    }
    const told = () =>
      relay.lines.reduce((sum, line) => {
        if (line.msg === 'connection ended') return sum + 1;
        return line.msg === 'refusals summed up' ? sum + (line['count'] as number) : sum;
      }, 0);
    await eventually(() => expect(told()).toBe(500));
    const seconds = Math.ceil((performance.now() - startedAt) / 1000);
    // On a slow machine it is no flood in every second.
    const lines = relay.lines.filter(({ msg }) => msg === 'connection ended').length;
    expect(lines).toBeLessThanOrEqual(20 * (seconds + 1));
    const sums = relay.lines.filter(({ msg }) => msg === 'refusals summed up');
    expect(sums.length).toBeGreaterThan(0);
    expect(sums.length).toBeLessThanOrEqual(seconds + 1);
    expect(Object.keys(sums[0]!['endings'] as object)).toEqual(['invalid-handshake']);
  });

  it('is pretty on request, and JSON is the default of a pipe', async () => {
    await using relay = new RelayProcess([
      ...['--port', '0', '--host', '127.0.0.1'],
      ...['--log-format', 'pretty'],
    ]);
    await eventually(() => expect(relay.stdout).toContain('listening'));
    expect(relay.stdout).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] INFO: listening /);
    relay.kill('SIGTERM');
    expect(await relay.exited()).toBe(0);
  });

  it('never has a code or a key in it, at any level', async () => {
    const [code, key] = ['Distinct-Code-471100047', 'Distinct-Key-081500047'];
    await using relay = await RelayProcess.start(['--log-level', 'trace', '--lockout-attempts', '2']);
    const attempt = async (line: string): Promise<void> => {
      using client = await Client.connect(relay.port, { line });
      client.end();
      await client.untilClosed();
    };
    using receiver = await Client.connect(relay.port, { line: `${code}:receiver:wait:retry:key=${key}\n` });
    using sender = await Client.connect(relay.port, { line: `${code}:sender:key=${key}:status\n` });
    await sender.untilText('PAIRED\n');
    for (const line of [
      `${code}:receiver\n`,
      `${code}:receiver:key=${key}x\n`,
      `${code}:sender:key=${key}\n`,
      `${code}x:receiver:key=${key}\n`,
      `${code}x:receiver\n`,
      `${code}x:receiver\n`,
      `${code}:${key}\n`,
      `${code}:sender:${key}\n`,
      `${code} ${key}\n`,
      `${code}:sender:key=${key}`,
      `${code.repeat(20)}\n`,
    ]) {
      await attempt(line);
    }
    sender.reset();
    await receiver.finish();
    await relay.untilEnded(13);
    relay.kill('SIGTERM');
    expect(await relay.exited()).toBe(0);
    expect(relay.stdout + relay.stderr).not.toMatch(/Distinct|471100047|081500047/i);
  });
});

describe.concurrent('the admin server', () => {
  it('tells health, readiness and figures that match what was done', async () => {
    await using relay = await RelayProcess.start(['--admin-port', '0', '--lockout-attempts', '1']);
    expect(await get(relay, '/healthz')).toMatchObject({ status: 200 });
    expect(await get(relay, '/readyz')).toMatchObject({ status: 200 });

    using receiver = await Client.connect(relay.port, { line: 'a:receiver:wait\n' });
    using sender = await Client.connect(relay.port, { line: 'a:sender\n12345' });
    await receiver.untilText('12345');
    receiver.write('123');
    await sender.untilText('123');
    using waiting = await Client.connect(relay.port, { line: 'b:sender:status\n' });
    await waiting.untilText('WAITING');
    using refused = await Client.connect(relay.port, { line: 'c:receiver\n' });
    expect(await refused.finish()).toMatch(/^Code temporarily blocked/);
    await relay.untilEnded(1);

    const status = JSON.parse((await get(relay, '/status')).text) as Record<string, unknown>;
    expect(status).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      uptimeSeconds: expect.any(Number) as number,
      draining: false,
      connections: 3,
      rooms: { waiting: 1, paired: 1, held: 0 },
      pairings: 1,
      relayedBytes: 8,
    });

    sender.end();
    receiver.end();
    await relay.untilEnded(3);
    const samples = samplesOf((await get(relay, '/metrics')).text);
    const figures = {
      relay_connections: 1,
      relay_connections_total: 4,
      'relay_rooms{state="waiting"}': 1,
      'relay_rooms{state="paired"}': 0,
      'relay_rooms{state="held"}': 0,
      relay_pairings_total: 1,
      'relay_relayed_bytes_total{direction="to_receiver"}': 5,
      'relay_relayed_bytes_total{direction="to_sender"}': 3,
      'relay_refusals_total{reason="code-blocked"}': 1,
      'relay_refusals_total{reason="server-full"}': 0,
      relay_lockouts_total: 1,
      'relay_endings_total{reason="closed"}': 2,
      'relay_endings_total{reason="lost"}': 0,
      relay_pairing_wait_seconds_count: 2,
      relay_transfer_duration_seconds_count: 1,
    };
    for (const [name, value] of Object.entries(figures))
      expect([name, samples.get(name)]).toEqual([name, value]);
    expect(samples.get('process_open_fds') ?? 1).toBeGreaterThan(0);
  });

  it('is not ready while the relay drains, but alive', async () => {
    await using relay = await RelayProcess.start(['--admin-port', '0']);
    using receiver = await Client.connect(relay.port, { line: 'a:receiver:wait:status\n' });
    using sender = await Client.connect(relay.port, { line: 'a:sender:retry\n' });
    await receiver.untilText('PAIRED\n');
    relay.kill('SIGTERM');
    await relay.untilLogged('draining');
    expect(await get(relay, '/readyz')).toMatchObject({ status: 503 });
    expect(await get(relay, '/healthz')).toMatchObject({ status: 200 });
    expect(JSON.parse((await get(relay, '/status')).text)).toMatchObject({ draining: true, connections: 2 });
    sender.end('done');
    expect(await receiver.finish()).toContain('doneDISCONNECT closed\n');
    expect(await relay.exited()).toBe(0);
    await expect(get(relay, '/healthz')).rejects.toThrow();
  });

  it('is off unless it is asked for', async () => {
    await using relay = await RelayProcess.start();
    await pause(50);
    expect(relay.lines.map(({ msg }) => msg)).toEqual(['listening']);
  });
});
