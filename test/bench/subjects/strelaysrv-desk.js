import { createHash, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { TYPE, expectSuccess, keyOf, message, opaque, parse } from './strelaysrv-wire.js';

/** A TLS connection to the relay; `onMessage` gets each message. */
function dial({ port, host, cert, key }, onMessage, onFailure) {
  const options = { port, host, cert, key, rejectUnauthorized: false, ALPNProtocols: ['bep-relay'] };
  const socket = tls.connect(options);
  let heard = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    try {
      heard = Buffer.concat([heard, bytes]);
      for (let found = parse(heard); found !== undefined; found = parse(heard)) {
        heard = heard.subarray(found.used);
        onMessage(found);
      }
    } catch (error) {
      onFailure(error);
    }
  });
  socket.once('error', onFailure).once('close', () => onFailure(new Error('the relay hung up')));
  return socket;
}

/**
 * Where two clients get the keys of their session: one is known to the relay, over a connection that stays; the
 * other asks for it. Both are this process here, with one certificate. It is no part of what is measured.
 */
export async function openDesk(relay) {
  const identity = createHash('sha256').update(new X509Certificate(relay.cert).raw).digest();
  let onInvited;
  let known;
  const staying = await new Promise((resolve, reject) => {
    const socket = dial(
      relay,
      (found) => {
        if (found.type === TYPE.ping) socket.write(message(TYPE.pong));
        else if (found.type === TYPE.invitation) onInvited?.(keyOf(found.body));
        else {
          expectSuccess(found);
          known = true;
          resolve(socket);
        }
      },
      (error) => known ?? reject(error),
    );
    socket.once('secureConnect', () => socket.write(message(TYPE.joinRelay)));
  });

  /** A fresh session: a key for each side. */
  const invite = async () => {
    const invited = new Promise((resolve) => (onInvited = resolve));
    const sender = await new Promise((resolve, reject) => {
      const onMessage = ({ type, body }) =>
        type === TYPE.invitation ? resolve(keyOf(body)) : reject(new Error('the relay invites nobody'));
      const asking = dial(relay, onMessage, reject);
      asking.once('secureConnect', () => asking.write(message(TYPE.connect, opaque(identity))));
    });
    return { sender: sender.toString('hex'), receiver: (await invited).toString('hex') };
  };
  return { invite, close: () => staying.destroy() };
}
