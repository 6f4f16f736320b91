import { tmpdir } from 'node:os';
import { isMainThread } from 'node:worker_threads';

// Loaded before each file of tests: what whoever runs them has set, for the programs that are tested or for others, has no say.

const NOT_OURS =
  /^(RELAY_.*|LISTEN_.*|WATCHDOG_.*|NOTIFY_SOCKET|(RUNTIME|STATE)_DIRECTORY|.*_PROXY|(FORCE|NO)_COLOR|NODE_OPTIONS|LC_.*|LANG|LANGUAGE)$/i;

/** A Unix socket has a path of 107 bytes at most, and those of the tests have some 45 behind this. */
const LONGEST_FOLDER = 60;

for (const name of Object.keys(process.env)) {
  if (NOT_OURS.test(name)) Reflect.deleteProperty(process.env, name);
}
process.env['LC_ALL'] = 'C.UTF-8';
// (A thread has none of its own.)
if (isMainThread) process.umask(0o022);
if (process.platform !== 'win32' && Buffer.byteLength(tmpdir()) > LONGEST_FOLDER)
  process.env['TMPDIR'] = '/tmp';
