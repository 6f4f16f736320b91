export type TransferErrorCode =
  /** The code is no code, or not the sender's. */
  | 'wrong-code'
  /** No sender waits with that code, or no receiver came in time. */
  | 'nobody-there'
  /** Strangers came to the code's room again and again. */
  | 'in-the-way'
  /** The relay cannot be reached, or refuses. */
  | 'relay'
  /** The line was cut, and did not come back in the time that was given. */
  | 'gave-up'
  /** The receiver did not agree. */
  | 'declined'
  /** Something of that name is there already. */
  | 'exists'
  /** Reading what is sent failed, or it changed meanwhile. */
  | 'source'
  /** Writing what is received failed: space, permissions. */
  | 'destination'
  /** What came is not what was offered, or not whole. */
  | 'mismatch'
  /** The other side's offer is one that nobody should take. */
  | 'hostile-offer'
  /** The bytes are not those that were sent. */
  | 'authentication'
  /** The other side breaks the rules, or is of another version. */
  | 'protocol'
  /** The other side stopped, and said so. */
  | 'stopped';

/** A transfer that failed. The message is a whole sentence for people, with what to do; it never holds the code. */
export class TransferError extends Error {
  override readonly name: string = 'TransferError';
  readonly code: TransferErrorCode;

  constructor(code: TransferErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
