export { createRelay } from './relay/relay.js';
export type { CloseOptions, CreateRelayOptions, Relay, RelayAddress } from './relay/relay.js';
export { DEFAULTS } from './relay/options.js';
export type { RelayOptions, RelaySettings } from './relay/options.js';
export { silentObserver } from './relay/observer.js';
export type { ConnectionRecord, Direction, Ending, Observer } from './relay/observer.js';
export type { RoomState } from './relay/room-states.js';
export type { Role } from './protocol/handshake.js';
export type { EndReason, RefusalToken } from './protocol/replies.js';
