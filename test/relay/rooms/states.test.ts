import { describe, expect, it } from 'vitest';
import { ROOM_STATES, type RoomFact, TRANSITIONS } from '../../../src/relay/rooms/states.js';

const FACTS: readonly RoomFact[] = ['completed', 'emptied', 'ended', 'suspended', 'expired', 'closed'];

describe('the table of room states', () => {
  it('is total: every state knows every fact, and leads to a state or out', () => {
    expect(Object.keys(TRANSITIONS).sort()).toEqual([...ROOM_STATES].sort());
    for (const state of ROOM_STATES) {
      expect(Object.keys(TRANSITIONS[state]).sort()).toEqual([...FACTS].sort());
      for (const fact of FACTS) expect([...ROOM_STATES, 'gone']).toContain(TRANSITIONS[state][fact]);
    }
  });

  it('lets a room be completed from everywhere, and be gone from everywhere', () => {
    for (const state of ROOM_STATES) {
      expect(TRANSITIONS[state].completed).toBe('paired');
      expect(TRANSITIONS[state].closed).toBe('gone');
    }
  });

  it('never expires a pairing, and never empties a held room away', () => {
    expect(TRANSITIONS.paired.expired).toBe('paired');
    expect(TRANSITIONS.held.emptied).toBe('held');
  });

  it('leads into a held room only out of a pairing, and back into a waiting one never', () => {
    for (const fact of FACTS) {
      expect(TRANSITIONS.waiting[fact]).not.toBe('held');
      expect(TRANSITIONS.paired[fact]).not.toBe('waiting');
      expect(TRANSITIONS.held[fact]).not.toBe('waiting');
    }
  });
});
