import { crocRelay } from './croc-relay.js';
import { croc } from './croc.js';
import { haproxy } from './haproxy.js';
import { idleSockets } from './idle-sockets.js';
import { noRelay } from './no-relay.js';
import { pipelines } from './pipelines.js';
import { pipingServer } from './piping-server.js';
import { relaySend } from './relay-send.js';
import { relayServerOverTls } from './relay-server-tls.js';
import { relayServer } from './relay-server.js';
import { socat } from './socat.js';
import { strelaysrv } from './strelaysrv.js';
import { transitRelay } from './transit-relay.js';
import { magicWormhole } from './wormhole.js';

/**
 * What is measured. A new one is a file here and a name in the list below.
 *
 * @typedef {object} Subject
 * @property {string} name
 * @property {boolean} control Others are compared with it.
 * @property {boolean} [peer] Another project's; --quick leaves it out.
 * @property {('throughput' | 'many-pairs' | 'pairs' | 'latency' | 'waiting' | 'storm' | 'flood' | 'loop' |
 *   'tls')[]} measures Those that mean something for it.
 * @property {boolean} [forwards] It does not pair two connections but passes one on to `target`, where the load's
 *   sender listens; there is no handshake then.
 * @property {boolean} [noFin] It does not pass a FIN on: the receiver closes when it has all.
 * @property {boolean} [inTurn] The receiver has to be there first.
 * @property {readonly ('sender' | 'receiver')[]} [tls] Who speaks TLS with it.
 * @property {boolean} [speaksToWaiting] A client that waits has to read now and then.
 * @property {() => string | undefined} available Why it cannot run here, or undefined.
 * @property {(target: number) => Promise<Running>} start `target`: the port on 127.0.0.1 of a subject that forwards.
 * @property {(role: 'sender' | 'receiver', code: string, stream: { size?: number, ticket?: string }) => Handshake}
 *   handshake What a client says and hears before a stream of `size` bytes. Called in the load's processes.
 * @property {(code: string) => { line: string, reply: RegExp }} [greeting] A client that is told that it waits.
 *
 * @typedef {object} Handshake
 * @property {string | Buffer} line What the client writes first.
 * @property {string} [reply] What it then reads, always the same; nothing, where there is none.
 * @property {(heard: Buffer) => Step | undefined} [hear] Instead, where it is no fixed text: what to make of all that
 *   was read and not used so far; undefined to read on. It throws where it was answered otherwise than it should be.
 * @property {boolean} [announced] The relay knows this client when a step says `joined`, not when the line is out.
 * @property {boolean} [chatter] A sender is told more while it sends, which is not looked at.
 *
 * @typedef {object} Step
 * @property {number} used Bytes of what was heard that are dealt with.
 * @property {Buffer} [write] What to answer.
 * @property {boolean} [joined]
 * @property {boolean} [begun] The stream begins here.
 *
 * @typedef {object} Running
 * @property {string} host
 * @property {number} port
 * @property {number | undefined} pid The process whose CPU time and memory are the subject's.
 * @property {() => Promise<unknown>} stop Resolves when the process is gone.
 * @property {Promise<void>} [failure] Rejects when the process ends before it was stopped.
 * @property {() => Promise<{ sender: string, receiver: string }>} [invite] The tickets of a new stream.
 *
 * Tools that transfer files, for the transfer measure.
 *
 * @typedef {object} TransferSubject
 * @property {string} name
 * @property {boolean} control
 * @property {boolean} [peer] Another project's; --quick leaves it out.
 * @property {['transfer']} measures
 * @property {() => string | undefined} available
 * @property {(home: string) => Promise<RunningTransfers>} start Its relay; `home`: a directory for whatever it keeps.
 *
 * @typedef {object} RunningTransfers
 * @property {number[]} pids The processes of the relay.
 * @property {() => Promise<unknown>} stop
 * @property {Promise<void>} failure
 * @property {(from: string, to: string, limits: { timeoutMs: number }) => Promise<{ seconds: number }>} run Sends the
 *   file or directory `from` into the empty directory `to`.
 */

/** @type {(Subject | TransferSubject)[]} */
export const subjects = [
  ...[relayServer, pipelines, noRelay, haproxy, socat, transitRelay, crocRelay, strelaysrv, pipingServer],
  ...[idleSockets, relaySend, croc, magicWormhole, ...relayServerOverTls],
];

export const findSubject = (name) => subjects.find((subject) => subject.name === name);
