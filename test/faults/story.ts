import { Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { type Proxy, startProxy } from '../helpers/proxy.js';
import { tcpUnder } from '../helpers/tls.js';
import { seeded } from '../helpers/toxics.js';
import type { Case } from './cases.js';
import { lineOf, type Part, Party, payloadOf } from './party.js';
import { expectInOrder, expectTold } from './promises.js';

/** Where the relays are. */
export interface Ports {
  /** Its deadlines are far off. */
  readonly patient: number;
  /** Its deadlines are what ends a silence. */
  readonly hasty: number;
  /** Payload that the hasty one read from a client of this address that was lost; undefined where it cannot be asked. */
  readonly taken?: (source: string, role: Part['role']) => number | undefined;
}

/** What else happens to the relay in a case. */
export interface Meanwhile {
  /** Makes the line worse when it is time for it. Resolves when the case is to go on. */
  readonly atFault: (makeWorse: () => void) => Promise<void>;
  /** Everyone has left. Resolves when the relay is calm. */
  readonly afterFault: () => Promise<void>;
}

const NOTHING_ELSE: Meanwhile = {
  atFault: (makeWorse) => Promise.resolve(makeWorse()),
  afterFault: () => Promise.resolve(),
};

/**
 * Plays one case and checks what was promised: first the fault, then, with the same code and good lines, a transfer that
 * has to be as if nothing had been.
 * @throws where a promise was broken
 */
export async function play(each: Case, ports: Ports, meanwhile = NOTHING_ELSE): Promise<void> {
  const { stage, fault, seed } = each;
  const port = fault.effect === 'time' ? ports.patient : ports.hasty;
  const act = { ...each, ...ports, port, code: `fault-${seed}`, localAddress: addressOf(seed) };
  if (stage === 'held' || stage === 'held and paired again') await playWell(act, 1);
  await playBadly(act, meanwhile);
  await meanwhile.afterFault();
  // Receivers may be gone before the relay has read their last FIN.
  for (let times = 0; times < 3; times += 1) await untilAnswered(act);
  await playWell(act, 3);
}

/** No hello of TLS is shorter. */
const HELLO_BYTES = 250;

interface Act extends Case, Pick<Ports, 'taken'> {
  readonly port: number;
  readonly code: string;
  readonly localAddress: string;
}

/** So that no address runs out of ports. */
function addressOf(seed: number): string {
  return `127.1.${1 + (seed % 199)}.${1 + (Math.floor(seed / 199) % 199)}`;
}

function partOf(
  { mode, victim, code, port, localAddress, seed }: Act,
  role: Part['role'],
  act: number,
): Part {
  const isTls = mode === 'tls' && role === victim;
  // Each act has its own bytes, so that those of an earlier one are wrong ones.
  return {
    role,
    mode,
    code,
    port,
    localAddress,
    isTls,
    seed: (seed % 80) + (role === 'sender' ? 80 : 0) + act,
  };
}

function rolesOf({ mode }: Act): readonly Part['role'][] {
  return mode === 'fan-out' ? ['sender', 'receiver', 'receiver'] : ['sender', 'receiver'];
}

async function playWell(act: Act, number: number): Promise<void> {
  const opening = rolesOf(act).map((role) => Party.connect(partOf(act, role, number)));
  const parties = await Promise.all(opening);
  try {
    for (const party of parties) party.open();
    await all(parties, (party) => party.untilPaired());
    for (const party of parties) party.writeMiddle();
    parties[0]?.writeTail();
    await all(parties, (party) => party.untilClosed());
    for (const party of parties) expectInOrder(party, parties);
  } catch (error) {
    throw new Error(`on good lines: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const party of parties) party[Symbol.dispose]();
  }
}

async function playBadly(act: Act, { atFault }: Meanwhile): Promise<void> {
  const { victim: role, stage, fault, mode, port, localAddress, seed } = act;
  await using proxy = await startProxy(port, { seed, localAddress });
  const timers: NodeJS.Timeout[] = [];
  const line = { isBad: false };
  const applyAt = async (...stages: readonly Case['stage'][]): Promise<void> => {
    if (!stages.includes(stage)) return;
    line.isBad = true;
    await atFault(() => apply(act, proxy, timers));
  };
  const part = { ...partOf(act, role, 2), proxy };
  const duringHandshake = stage === 'within the handshake' ? () => void applyAt(stage) : undefined;
  const victim = await Party.connect(part, duringHandshake);
  const parties = [victim];
  // Whoever may hear nothing any more is not waited for.
  const hearing = (): Party[] =>
    parties.filter((party) => party !== victim || !line.isBad || fault.effect === 'time');
  try {
    if (!line.isBad) await untilThrough(victim, proxy);
    await applyAt('before the line', 'held');
    if (stage === 'within the line') await openInTwo(victim, proxy, () => applyAt('within the line'));
    else victim.open();
    if (!line.isBad) await untilAdmitted(victim, act);
    await applyAt('waiting');
    const others = [...rolesOf(act)];
    others.splice(others.indexOf(role), 1);
    parties.push(...(await Promise.all(others.map((other) => Party.connect(partOf(act, other, 2))))));
    for (const party of parties.slice(1)) party.open();

    await all(hearing(), (party) => party.untilPaired());
    await applyAt('paired', 'held and paired again');
    // What a slow reader has not taken yet is in the relay, whatever becomes of the other.
    if (mode === 'bulk') for (const party of parties.slice(1)) party.readSlowly();
    for (const party of parties) party.writeMiddle();
    const readers = hearing().filter((party) => mode !== 'fan-out' || party.part.role === 'receiver');
    await all(readers, (party) => party.untilRead(middleOf(party, parties)));
    await applyAt('ending');
    parties.find((party) => party.part.role === 'sender')?.writeTail();
    await all(fault.effect === 'silence' ? parties.slice(1) : parties, (party) => party.untilClosed());
    // It cannot say that it ends, and may hear that it is over.
    if (fault.effect === 'silence' && fault.direction === 'up') await victim.untilOver();
    const taken = fault.effect === 'loss' ? await untilTaken(act) : undefined;
    for (const party of parties) expectTold(party, { victim, parties, stage, fault, proxy, taken });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const party of parties) party[Symbol.dispose]();
  }
}

/** What is wrong with the line from now on. */
function apply(act: Act, proxy: Proxy, timers: NodeJS.Timeout[]): void {
  const { fault, seed } = act;
  const bytes = bytesOf(act);
  const removes = fault
    .toxics(bytes, seeded(seed))
    .map((toxic) => proxy.add(toxic, fault.direction === 'both' ? 'both' : fault.direction));
  if (fault.mendedAfterMs === undefined) return;
  timers.push(
    setTimeout(() => {
      for (const remove of removes) remove();
    }, fault.mendedAfterMs),
  );
}

/** What its line will carry from now on, one way, about; of a beginning that is to be cut, only that. */
function bytesOf(act: Act): number {
  const { stage, mode, fault, victim } = act;
  const part = partOf(act, victim, 2);
  if (fault.effect !== 'time') {
    if (stage === 'within the handshake') return HELLO_BYTES;
    if (stage === 'before the line' || stage === 'within the line' || stage === 'held')
      return lineOf(part).length;
  }
  const { whole, tail } = payloadOf(part);
  if (stage === 'ending') return tail.length;
  return mode === 'bulk' ? 8_000_000 : whole.length;
}

/** Bytes that a reader has read when its peer has nothing more to say before its end. */
function middleOf({ part: { role } }: Party, parties: readonly Party[]): number {
  const peer = parties.find(({ part }) => part.role !== role);
  return peer === undefined ? 0 : peer.payload.early.length + peer.payload.middle.length;
}

async function openInTwo(victim: Party, proxy: Proxy, inBetween: () => Promise<void>): Promise<void> {
  const half = Math.floor(victim.line.length / 2);
  victim.client.write(victim.line.slice(0, half));
  await untilThrough(victim, proxy);
  await inBetween();
  victim.open(half);
}

/** Waits until all that it wrote, its TLS as well, is out of the proxy. */
async function untilThrough({ client: { socket } }: Party, proxy: Proxy): Promise<void> {
  const tcp = tcpUnder(socket);
  await eventually(() => {
    const { passed } = proxy.out('up');
    if (socket.writableLength > 0 || passed < tcp.bytesWritten)
      throw new Error(`${passed} of its ${tcp.bytesWritten} bytes came through`);
  });
}

/** What the relay read of a victim that was lost. It has forgotten it when everyone is told; or it never knew it. */
async function untilTaken({ taken, localAddress, victim, ...act }: Act): Promise<number | undefined> {
  for (let times = 0; times < 3; times += 1) await untilAnswered({ ...act, victim, localAddress });
  return taken?.(localAddress, victim);
}

/** Waits until the relay has read its line. */
async function untilAdmitted(party: Party, act: Act): Promise<void> {
  if (party.hasStatus) return party.untilAdmitted();
  await eventually(() => {
    if ((party.part.proxy?.out('up').passed ?? 0) < party.line.length)
      throw new Error('its line did not come through');
  });
  await untilAnswered(act);
}

/** One that comes later and is answered shows that the relay has been at what came before. */
async function untilAnswered({ port, code, localAddress }: Act): Promise<void> {
  using later = await Client.connect(port, { line: `${code}-later:sender:status\n`, localAddress });
  await later.until(({ text }) => text.includes('WAITING'), 'WAITING', 60_000);
  later.reset();
}

async function all(parties: readonly Party[], wait: (party: Party) => Promise<void>): Promise<void> {
  await Promise.all(parties.map(wait));
}
