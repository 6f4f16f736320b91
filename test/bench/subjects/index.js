import { croc } from './croc.js';
import { idleSockets } from './idle-sockets.js';
import { noRelay } from './no-relay.js';
import { pipelines } from './pipelines.js';
import { relaySend } from './relay-send.js';
import { relayServer } from './relay-server.js';
import { magicWormhole } from './wormhole.js';

/**
 * What is measured. A new one is a file here and a name in the list below.
 *
 * @typedef {object} Subject
 * @property {string} name
 * @property {boolean} control Others are compared with it.
 * @property {('throughput' | 'pairs' | 'waiting')[]} measures Those that mean something for it.
 * @property {boolean} [forwards] It does not pair two connections but passes one on to `target`, where the load's
 *   sender listens; it is then asked for throughput only, and there is no handshake.
 * @property {() => string | undefined} available Why it cannot run here, or undefined.
 * @property {(target: number) => Promise<Running>} start `target`: the port on 127.0.0.1 of a subject that forwards.
 * @property {(role: 'sender' | 'receiver', code: string) => { line: string, reply?: string }} handshake
 *   What a client writes first, and what it then reads before the stream begins. Called in the load's processes.
 *
 * @typedef {object} Running
 * @property {number} port On 127.0.0.1.
 * @property {number | undefined} pid The process whose CPU time and memory are the subject's.
 * @property {() => Promise<void>} stop Resolves when the process is gone.
 * @property {Promise<void>} [failure] Rejects when the process ends before it was stopped.
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
export const subjects = [relayServer, pipelines, noRelay, idleSockets, relaySend, croc, magicWormhole];

export const findSubject = (name) => subjects.find((subject) => subject.name === name);
