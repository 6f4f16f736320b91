import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { HandoverChannel, HandoverMessage } from '../relay/handover/channel.js';

interface Letter {
  readonly message: HandoverMessage;
  readonly socket: Socket | undefined;
}

/** The channel between a relay and the one that it has started, or that has started it: Node's own, over a Unix socket. */
export function processChannel(other: ChildProcess | NodeJS.Process): HandoverChannel {
  // Node sends one socket at a time, and looks through all that it keeps back each time: its own queue is kept short.
  let letters: Letter[] = [];
  let next = 0;
  let isSending = false;

  const sendOn = (): void => {
    const letter = letters[next];
    if (letter === undefined) {
      letters = [];
      next = 0;
      return;
    }
    if (!other.connected) return dropAll();
    isSending = true;
    next += 1;
    const { message, socket } = letter;
    // Until then it is this process's. An error says that the other one is gone: so does 'disconnect', which is what is acted on.
    other.send?.(message, socket, {}, () => {
      socket?.destroy();
      isSending = false;
      sendOn();
    });
  };
  /** Nobody takes them any more, and of the one under way Node says nothing more. */
  const dropAll = (): void => {
    for (const { socket } of letters.splice(0)) socket?.destroy();
    next = 0;
    isSending = false;
  };
  other.once('disconnect', dropAll);

  return {
    send(message, socket) {
      letters.push({ message, socket });
      if (!isSending) sendOn();
    },
    onMessage(listener) {
      other.on('message', (message: unknown, socket?: unknown) => {
        listener(message as HandoverMessage, socket as Socket | undefined);
      });
    },
    onClose(listener) {
      if (other.connected) other.once('disconnect', listener);
      else queueMicrotask(listener);
    },
    close() {
      if (!other.connected) return;
      // The last word may be about the very pairing that this process waited for.
      for (const { message, socket } of letters.slice(next)) {
        if (socket === undefined) other.send?.(message);
      }
      other.disconnect();
    },
  };
}
