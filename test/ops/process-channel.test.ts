import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { processChannel } from '../../src/ops/process-channel.js';
import type { HandoverMessage } from '../../src/relay/handover/channel.js';

/** A process at the other end, which takes one letter at a time and says when it has it. */
class Other extends EventEmitter {
  connected = true;
  readonly got: unknown[] = [];
  #taken: (() => void) | undefined;

  send(message: unknown, _socket?: Socket, _options?: object, taken?: () => void): void {
    this.got.push(message);
    this.#taken = taken;
  }

  take(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  disconnect(): void {
    this.connected = false;
    this.emit('disconnect');
  }
}

const CLIENT: HandoverMessage = {
  kind: 'client',
  client: { source: undefined, head: new Uint8Array(), seat: undefined },
};
const GO: HandoverMessage = { kind: 'go' };

function setUp() {
  const other = new Other();
  return { other, channel: processChannel(other as unknown as ChildProcess) };
}

describe('the channel between two relays', () => {
  it('gives Node one letter at a time, in order, and lets go of each socket behind it', () => {
    const { other, channel } = setUp();
    const [one, two] = [new Socket(), new Socket()];
    channel.send(CLIENT, one);
    channel.send(CLIENT, two);
    channel.send(GO);
    expect([other.got, one.destroyed]).toEqual([[CLIENT], false]);
    other.take();
    expect([other.got.length, one.destroyed, two.destroyed]).toEqual([2, true, false]);
    other.take();
    expect([other.got.at(-1), two.destroyed]).toEqual([GO, true]);
    other.take();
    channel.send(GO);
    expect(other.got).toHaveLength(4);
  });

  it('closes the sockets that wait when the other one is gone, the one under way among them', () => {
    const { other, channel } = setUp();
    const sockets = [new Socket(), new Socket(), new Socket()];
    for (const socket of sockets.slice(0, 2)) channel.send(CLIENT, socket);
    other.disconnect();
    channel.send(CLIENT, sockets[2]);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
    expect(other.got).toHaveLength(1);
  });

  it('says what is left to say before it closes', () => {
    const { other, channel } = setUp();
    const socket = new Socket();
    channel.send({ kind: 'over', room: 'one', tab: undefined });
    channel.send({ kind: 'over', room: 'two', tab: undefined });
    channel.send(CLIENT, socket);
    channel.close();
    expect(other.got.map((letter) => (letter as { room: string }).room)).toEqual(['one', 'two']);
    expect([other.connected, socket.destroyed]).toEqual([false, true]);
  });
});
