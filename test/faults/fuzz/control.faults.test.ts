import { it } from 'vitest';
import { createRelay } from '../../../src/index.js';
import { answerTo, type ControlSource } from '../../../src/ops/control/commands.js';
import { fuzz } from './fuzz.js';

const STATUSES = [200, 400, 404, 405, 409];

/** So that no table gets long: a command lists it. */
const INPUTS_A_RELAY = 1_000;

it('a request of ctl', () => {
  let count = 0;
  let done = 0;
  let source = sourceOf();
  function sourceOf(): ControlSource {
    return {
      relay: createRelay(),
      stats: () => Promise.resolve({} as Awaited<ReturnType<ControlSource['stats']>>),
      drain: () => undefined,
      graceMs: 1_000,
      reload: () => Promise.resolve([]),
      onCommand: () => (done += 1),
    };
  }
  return fuzz('answerTo', {
    corpus: [
      ...['GET /list', 'GET /list?limit=10', 'GET /blocked', 'GET /stats', 'POST /drain', 'POST /reload'],
      ...['POST /kill?room=8hmwixg8', 'POST /block?source=192.0.2.7', 'POST /unblock?source=2001:db8::1'],
      ...[
        'POST /block?source=2001%3adb8%3a%3a%2f64&for=3600000',
        'GET http://relay/list',
        'GET //',
        'POST /?&=%',
      ],
    ],
    async check(input) {
      count += 1;
      if (count % INPUTS_A_RELAY === 0) source = sourceOf();
      done = 0;
      const text = input.toString('latin1');
      const at = text.indexOf(' ');
      const { status, lines } = await answerTo(
        { method: text.slice(0, at), url: text.slice(at + 1) },
        source,
      );
      if (!STATUSES.includes(status)) throw new Error(`its status is ${status}`);
      if (status !== 200 && done > 0) throw new Error('it was done, and refused');
      for (const line of lines) {
        const written = JSON.stringify(line);
        // What is said of the input is the source of a block, and no more.
        if (written.length > 300 || /[^\x20-\x7e]/.test(written)) throw new Error(written);
        if (status !== 200 && !/^\{"error":"[a-z-]+","message":"/.test(written)) throw new Error(written);
      }
    },
  });
});
