/**
 * What can go wrong between the two tools. The messages are sentences for people; neither they nor the data beside
 * them hold a word of the code, a key, or anything that the other side wrote.
 */

/** The other side broke the rules of the protocol, speaks another version of it, or is no transfer tool at all. */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
  readonly code = 'protocol';
  /** What to send in a last frame before hanging up, so that the other side can name the cause too. */
  readonly reply: Uint8Array | undefined;

  constructor(message: string, reply?: Uint8Array) {
    super(message);
    this.reply = reply;
  }
}

/** What came has no place there. */
export function unexpected(): ProtocolError {
  return new ProtocolError('The other side did not keep to the transfer protocol.');
}

/** Whoever is there speaks another version of the protocol, or says so. */
export class OtherVersion extends ProtocolError {
  override readonly name = 'OtherVersion';
  readonly version: number;

  constructor(version: number, own: number, reply: Uint8Array) {
    super(
      `The other side speaks version ${version} of the transfer protocol and this tool version ${own}. ` +
        'Use the same release on both sides.',
      reply,
    );
    this.version = version;
  }
}

/**
 * The two sides do not hold the same nameplate and words. It is all that either learns: which word was wrong, or how
 * nearly it was right, cannot be told.
 */
export class WrongCode extends Error {
  override readonly name = 'WrongCode';
  readonly code = 'wrong-code';
  readonly side: 'sender' | 'receiver';
  /** As in `ProtocolError`. From a sender: the refusal that gives the receiver its own `WrongCode`. */
  readonly reply: Uint8Array | undefined;

  constructor(side: 'sender' | 'receiver', reply?: Uint8Array) {
    super(
      side === 'sender'
        ? 'A receiver joined with another code: its words are not those of this transfer.'
        : "The words of the code are not the sender's. Check the code with the sender.",
    );
    this.side = side;
    this.reply = reply;
  }
}

/** Frames were changed, repeated, left out, or put in another order on the way. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
  readonly code = 'authentication';

  constructor() {
    super(
      'What arrived is not what the other side sent: it was changed on the way. The transfer was stopped.',
    );
  }
}

/** One direction has used up the frames that its key may protect. A new connection has a new key. */
export class ChannelExhausted extends Error {
  override readonly name = 'ChannelExhausted';
  readonly code = 'channel-exhausted';

  constructor() {
    super('This connection has carried as much as one key may protect. Connect again to go on.');
  }
}
