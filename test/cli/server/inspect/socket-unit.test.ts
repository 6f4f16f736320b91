import { describe, expect, it } from 'vitest';
import { inspectPort } from '../../../../src/cli/server/inspect/port.js';
import { inspectSocketUnit, parseSocketUnit } from '../../../../src/cli/server/inspect/socket-unit.js';
import { listening } from '../../../helpers/listening.js';
import { startRelay } from '../../../helpers/relay.js';

/** As `systemctl show` of systemd 252 prints it. */
function shown(listens: readonly string[], state = 'active', sub = 'listening', file = 'enabled'): string {
  return [
    ...listens.map((place) => `Listen=${place}`),
    'LoadState=loaded',
    `ActiveState=${state}`,
    `SubState=${sub}`,
    `UnitFileState=${file}`,
    '',
  ].join('\n');
}

const unit = (...parameters: Parameters<typeof shown>) => parseSocketUnit(shown(...parameters))!;

describe('a socket unit, as systemctl shows it', () => {
  it('is read with what it listens on and whether it does', () => {
    expect(unit(['[::]:443 (Stream)'])).toEqual({
      listens: ['[::]:443'],
      isActive: true,
      isEnabled: true,
      hasRelay: false,
    });
    expect(unit(['/run/x.sock (Stream)', '[::]:53 (Datagram)'], 'inactive', 'dead', 'disabled')).toEqual({
      listens: ['/run/x.sock'],
      isActive: false,
      isEnabled: false,
      hasRelay: false,
    });
    expect(unit(['192.0.2.1:443 (Stream)'], 'active', 'running')).toMatchObject({ hasRelay: true });
  });

  it('is none where none is installed', () => {
    expect(parseSocketUnit('LoadState=not-found\nActiveState=inactive\n')).toBeUndefined();
    expect(parseSocketUnit('')).toBeUndefined();
  });
});

describe('inspectSocketUnit', () => {
  const any = unit(['[::]:443 (Stream)']);

  it.each([{}, { port: 443 }, { port: 443, host: '::' }])('agrees with %o', (given) => {
    expect(inspectSocketUnit(any, given)).toEqual({
      level: 'ok',
      about: 'socket unit',
      text: 'relay-server.socket opens [::]:443 for the relay.',
    });
  });

  it.each([
    [{ port: 4000 }, '--port 4000'],
    [{ host: '127.0.0.1', port: 443 }, '--host 127.0.0.1'],
    [{ host: '127.0.0.1', port: 4000 }, '--port 4000 and --host 127.0.0.1'],
  ])('tells that it listens elsewhere than %o', (given, what) => {
    expect(inspectSocketUnit(any, given)).toEqual({
      level: 'warn',
      about: 'socket unit',
      text: `relay-server.socket listens on [::]:443, and ${what} changes nothing then. Take that out, or change ListenStream=.`,
    });
  });

  it.each([
    [[], '0 places'],
    [['[::]:443 (Stream)', '[::]:4000 (Stream)'], '2 places'],
    [['/run/relay.sock (Stream)'], '/run/relay.sock'],
  ])('fails where that is no single port: %o', (listens, what) => {
    expect(inspectSocketUnit(unit(listens), {})).toMatchObject({
      level: 'fail',
      text: `relay-server.socket listens on ${what}, and the relay takes one TCP port. Keep one ListenStream=.`,
    });
  });

  it('says that one which is neither enabled nor started opens nothing', () => {
    const idle = unit(['[::]:443 (Stream)'], 'inactive', 'dead', 'disabled');
    expect(inspectSocketUnit(idle, { port: 4000 })).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('neither enabled nor started') as string,
    });
  });
});

describe('the port, where a socket unit has it', () => {
  it('is not taken, and is not connected to: that would start the relay', async () => {
    let connections = 0;
    await using held = await listening(() => (connections += 1));
    const waiting = unit([`127.0.0.1:${held.port} (Stream)`]);
    expect(await inspectPort('127.0.0.1', held.port, waiting)).toEqual({
      level: 'ok',
      about: 'port',
      text: `${held.port} is held by the socket unit: the first connection starts the relay.`,
    });
    expect(connections).toBe(0);
  });

  it('is the one of the unit, whatever the settings say', async () => {
    await using relay = await startRelay();
    await using other = await listening((socket) => void socket.end());
    const running = unit([`0.0.0.0:${relay.port} (Stream)`], 'active', 'running');
    expect(await inspectPort('127.0.0.1', other.port, running)).toMatchObject({
      level: 'ok',
      text: `${relay.port} is held by the socket unit, and a relay listens on it.`,
    });
    const broken = unit([`127.0.0.1:${other.port} (Stream)`], 'active', 'running');
    expect(await inspectPort('127.0.0.1', relay.port, broken)).toMatchObject({ level: 'warn' });
  });

  it('counts as the one of the settings, where the unit is not started', async () => {
    await using relay = await startRelay();
    const idle = unit(['[::]:443 (Stream)'], 'inactive', 'dead');
    expect(await inspectPort('127.0.0.1', relay.port, idle)).toMatchObject({
      text: `a relay listens on ${relay.port} already.`,
    });
  });
});
