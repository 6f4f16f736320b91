import type { Proxy } from '../helpers/proxy.js';
import type { Case, Effect, Mode, Stage } from './cases.js';
import { type Heard, understand } from './heard.js';
import type { Party } from './party.js';

interface Scene {
  readonly victim: Party;
  readonly parties: readonly Party[];
  readonly stage: Stage;
  readonly fault: Case['fault'];
  readonly proxy: Proxy;
  /** Of the victim's payload: what the relay read, where it can be known. */
  readonly taken?: number | undefined;
}

const NOTHING = Buffer.alloc(0);

/** What a party whose line is good may be told of a fault at another's, where it was paired. */
const NOTICES: Readonly<Record<Effect, readonly string[]>> = {
  time: ['closed', 'plain'],
  loss: ['lost', 'closed', 'plain'],
  fin: ['closed', 'plain'],
  silence: ['idle', 'closed', 'plain'],
};

/** Everything arrived, both ways, and ended as it should. */
export function expectInOrder(party: Party, parties: readonly Party[]): void {
  const heard = hear(party, parties, false);
  const source = sourceOf(party, parties);
  check(party, heard, 'was refused', heard.refusal === undefined);
  check(party, heard, `lacks bytes of ${source.length}`, heard.payload === source.length);
  const { mode } = party.part;
  const notice = mode === 'raw' ? undefined : party.hasStatus ? 'closed' : 'plain';
  check(party, heard, `was told ${heard.notice} and not ${notice}`, heard.notice === notice);
  check(party, heard, `did not end by FIN: ${party.client.error?.message}`, party.client.ended);
  check(party, heard, `failed: ${party.client.error?.message}`, party.client.error === undefined);
}

/** No wrong byte, and told what there is to tell. */
export function expectTold(party: Party, { victim, parties, stage, fault, proxy, taken }: Scene): void {
  if (fault.effect === 'time') return expectInOrder(party, parties);
  const isVictim = party === victim;
  const heard = hear(party, parties, isVictim && fault.direction !== 'up');
  if (isVictim) return expectVictimTold(party, heard, stage, fault);

  check(party, heard, `did not read a FIN: ${party.client.error?.message}`, party.client.ended);
  if (heard.refusal !== undefined) {
    return check(party, heard, 'was refused otherwise', heard.refusal === 'room-expired');
  }
  const { mode, role } = party.part;
  const notices = mode === 'raw' ? [undefined] : noticesOf(fault, mode);
  check(party, heard, `was told ${heard.notice}`, notices.includes(heard.notice as never));

  const isOnlyReader = mode !== 'fan-out' || role === 'sender' || victim.part.role === 'sender';
  if (!isOnlyReader) {
    // One receiver of several was the victim: this one has lost nothing.
    check(
      party,
      heard,
      'lost bytes by the fault of another',
      heard.payload === sourceOf(party, parties).length,
    );
    return check(party, heard, `was told ${heard.notice} and not closed`, heard.notice === 'closed');
  }
  if (heard.notice === 'lost' && taken !== undefined && sourceOf(party, parties).length > 0) {
    // However slow it is, and whatever became of the other: nothing that the relay has read is dropped.
    check(party, heard, `did not get the ${taken} bytes that the relay had`, heard.payload === taken);
  }
  if (heard.notice !== 'closed' || (mode === 'fan-out' && role === 'sender')) return;
  // An end in order is one that was sent, with every byte before it.
  if (victim.part.isTls) {
    check(party, heard, 'was told of an end that nobody sent', victim.client.socket.writableEnded);
    const { written } = victim;
    return check(
      party,
      heard,
      `has not all of the ${written} bytes before the end`,
      heard.payload === written,
    );
  }
  const { passed, isFinished } = proxy.out('up');
  // When the relay has sent its own FIN, Node no longer tells a reset right behind data from one.
  const isKnown = !proxy.out('down').isFinished;
  check(party, heard, 'was told of an end that nobody sent', isFinished || !isKnown);
  const sent = passed - victim.line.length;
  check(party, heard, `has not all of the ${sent} bytes before the end`, heard.payload === sent);
}

function noticesOf({ effect, direction }: Case['fault'], mode: Mode): readonly string[] {
  // TLS has an end of its own, and anyone on the way can forge a mere FIN.
  if (mode === 'tls' && effect === 'fin') return direction === 'up' ? ['lost'] : ['lost', 'closed'];
  return NOTICES[effect];
}

/** Where only the way to the relay is broken, the relay's words arrive; but not before there is a TLS to say them in. */
function expectVictimTold(
  party: Party,
  heard: Heard,
  stage: Stage,
  { effect, direction }: Case['fault'],
): void {
  if (direction !== 'up' || effect === 'loss' || stage === 'within the handshake') return;
  check(party, heard, 'heard no FIN', party.client.ended);
  if (effect === 'silence' && party.part.mode !== 'raw')
    check(party, heard, 'was not told why', heard.refusal !== undefined || heard.notice !== undefined);
}

function hear(party: Party, parties: readonly Party[], mayBreakOff: boolean): Heard {
  const { bytes } = party.client;
  const { mode } = party.part;
  const expectation = { hasStatus: party.hasStatus, isRaw: mode === 'raw', source: sourceOf(party, parties) };
  try {
    return understand(bytes, { ...expectation, mayBreakOff });
  } catch (error) {
    throw new Error(`the ${party.part.role} ${(error as Error).message}`, { cause: error });
  }
}

function sourceOf({ part: { role, mode } }: Party, parties: readonly Party[]): Buffer {
  // What several receivers write goes nowhere.
  if (mode === 'fan-out' && role === 'sender') return NOTHING;
  return parties.find(({ part }) => part.role !== role)?.payload.whole ?? NOTHING;
}

function check(party: Party, heard: Heard, problem: string, isKept: boolean): void {
  if (isKept) return;
  const { role, proxy } = party.part;
  const line = proxy === undefined ? 'a good line' : 'the bad line';
  throw new Error(`the ${role} on ${line} ${problem}; it heard ${JSON.stringify(heard)}`);
}
