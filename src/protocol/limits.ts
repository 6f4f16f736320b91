/** Longest handshake line, in bytes, its LF included. */
export const MAX_LINE_BYTES = 256;

/** Longest code, longest key and longest token, in characters of `A-Z a-z 0-9 - _ .`. */
export const MAX_CODE_LENGTH = 64;

/** Most receivers that one sender may ask for. */
export const MAX_RECEIVERS = 16;

/** Seconds between two `WAITING` lines to a client that asked for `status`. */
export const HEARTBEAT_SECONDS = 30;

/** How much of a client's early payload the relay reads while its room waits, in bytes. */
export const READ_AHEAD_BYTES = 64 * 1024;
