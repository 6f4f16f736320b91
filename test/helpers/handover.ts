import type { Socket } from 'node:net';
import type { HandoverChannel, HandoverMessage } from '../../src/relay/handover/channel.js';

type Listener = (message: HandoverMessage, socket?: Socket) => void;

/** The two ends of a channel between two relays of this process. Messages are copied, as between processes. */
export function handoverPair(): readonly [HandoverChannel, HandoverChannel] {
  const listeners: readonly [Listener[], Listener[]] = [[], []];
  // What comes before anybody listens is kept.
  const early: readonly [Parameters<Listener>[], Parameters<Listener>[]] = [[], []];
  const end = (mine: 0 | 1): HandoverChannel => ({
    send(message, socket) {
      const copy = structuredClone(message);
      const other = mine === 0 ? 1 : 0;
      queueMicrotask(() => {
        if (listeners[other].length === 0) early[other].push([copy, socket]);
        for (const listener of listeners[other]) listener(copy, socket);
      });
    },
    onMessage(listener) {
      listeners[mine].push(listener);
      for (const [message, socket] of early[mine].splice(0)) listener(message, socket);
    },
    onClose: () => undefined,
    close: () => undefined,
  });
  return [end(0), end(1)];
}
