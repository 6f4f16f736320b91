import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { HandoverChannel, HandoverMessage } from '../relay/handover/channel.js';

/** The channel between a relay and the one that it has started, or that has started it: Node's own, over a Unix socket. */
export function processChannel(other: ChildProcess | NodeJS.Process): HandoverChannel {
  return {
    send(message, socket) {
      // One socket goes at a time; until then it is this process's. An error says that the other one is gone: so does
      // 'disconnect', which is what is acted on.
      const sent = (): void => void socket?.destroy();
      if (other.connected) other.send?.(message, socket, {}, sent);
      else sent();
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
      if (other.connected) other.disconnect();
    },
  };
}
