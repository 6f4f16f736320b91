import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { attach } from '../../../src/relay/handover/moving.js';
import { SOCKET_BUFFER_BYTES } from '../../../src/relay/wire/tcp.js';

it('a socket that was moved holds no more than one that was accepted here', () => {
  const socket = attach(new Socket(), Buffer.from('abc'));
  expect(socket.readableHighWaterMark).toBe(SOCKET_BUFFER_BYTES);
  expect(socket.read()).toEqual(Buffer.from('abc'));
  expect(socket.allowHalfOpen).toBe(true);
  socket.destroy();
});
