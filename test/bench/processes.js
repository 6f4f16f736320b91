import { fork, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { untilAnswered } from './answers.js';

const START_TIMEOUT_MS = 10_000;
const SUCCESS = 'exit code 0';

/** @type {Set<import('node:child_process').ChildProcess>} */
const alive = new Set();

/** Ends every child that still runs; synchronous, for the `exit` event. */
export function killAll() {
  for (const child of alive) child.kill('SIGKILL');
}

/** The one line of a process's last words that says what happened; none where it was silent. */
function gist(lastWords) {
  const lines = lastWords.split('\n').filter((line) => line.trim() !== '');
  return lines
    .filter((line) => /^\w*Error\b/.test(line))
    .concat(lines)
    .slice(0, 1);
}

/**
 * Follows a child to its end: how to stop it, and a promise that fails when it ends before that. Where it `mayEnd`,
 * the promise fails only when it ends otherwise than well.
 */
function supervise(name, child, { mayEnd = false } = {}) {
  let lastWords = '';
  let stopped = false;
  alive.add(child);
  child.stderr.on('data', (text) => (lastWords = (lastWords + text).slice(-2000)));
  const gone = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  void gone.then(() => alive.delete(child));
  const ended = new Promise((resolve) => {
    // Later than `exit`: its last words have been read by then.
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  const failure = ended.then((how) => {
    if (stopped || (mayEnd && how === SUCCESS)) return undefined;
    throw new Error([`${name} ended${mayEnd ? '' : ' early'} (${how})`, ...gist(lastWords)].join(': '));
  });
  // It is raced where somebody waits for the child; a child that ends between two waits fails the next one.
  failure.catch(() => undefined);
  const stop = async () => {
    stopped = true;
    child.kill('SIGKILL');
    await gone;
  };
  return { failure, stop };
}

/** The first of the promises (the child's end among them), or an error when the time is over. */
async function within(milliseconds, what, ...promises) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: nothing after ${milliseconds / 1000} s`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([...promises, late]);
  } finally {
    clearTimeout(timer);
  }
}

function portOfListening(line) {
  try {
    const entry = JSON.parse(line);
    return entry.msg === 'listening' ? entry.port : undefined;
  } catch {
    return undefined; // Not a log line of its own: not the one that is looked for either.
  }
}

/**
 * Starts a server and waits for the line of its standard output, or other `outputs`, that tells the port; or, where
 * `port` is known before, until somebody listens there.
 * @returns {Promise<import('./subjects/index.js').Running>}
 */
export async function startServer({
  name,
  command = process.execPath,
  args,
  env = process.env,
  cwd,
  outputs = ['stdout'],
  findPort = portOfListening,
  host = '127.0.0.1',
  port,
}) {
  const child = spawn(command, args, { env, cwd, stdio: 'pipe' });
  const { failure, stop } = supervise(name, child);
  const told = new Promise((resolve) => {
    const readers = outputs.map((output) => createInterface({ input: child[output] }));
    const onLine = (line) => {
      const found = findPort(line);
      if (found === undefined) return;
      for (const reader of readers) reader.close();
      // Its log is still drained: a full pipe would stop the server, and parsing would cost it a core.
      for (const output of outputs) child[output].removeAllListeners('data').resume();
      resolve(found);
    };
    for (const reader of readers) reader.on('line', onLine);
  });
  const listening = port === undefined ? told : untilAnswered(port, host, { timeoutMs: START_TIMEOUT_MS });
  // Whatever is not looked at is drained too.
  child.stdout.resume();
  try {
    const found = await within(START_TIMEOUT_MS, `start of ${name}`, listening, failure);
    return { host, port: found, pid: child.pid, stop, failure };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Starts a program that does one thing and ends.
 *
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} [command] Node, if there is none.
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {RegExp} [ready] What its standard error shows when it is ready.
 * @param {Tool & { timeoutMs: number }} tool `timeoutMs`: how long it may run.
 */
export function startTool({ name, command = process.execPath, args, env, cwd, ready, timeoutMs }) {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const { failure, stop } = supervise(name, child, { mayEnd: true });
  const ended = within(timeoutMs, name, failure);
  // It is awaited later than `isReady`, or never where that fails.
  ended.catch(() => undefined);
  return { ended, stop, isReady: ready === undefined ? undefined : shown(name, child, ready, ended) };
}

/** What a child's standard error says that matches. */
async function shown(name, child, pattern, ended) {
  let said = '';
  const onData = (text) => (said += text);
  child.stderr.on('data', onData);
  const match = new Promise((resolve) => {
    child.stderr.on('data', function look() {
      const found = pattern.exec(said);
      if (found === null) return;
      child.stderr.off('data', onData).off('data', look);
      resolve(found);
    });
  });
  const tooSoon = ended.then(() => {
    throw new Error(`${name} ended before it was ready`);
  });
  return await Promise.race([match, tooSoon]);
}

/** Starts a load process from its file, which does what it is called for: see load/worker.js. */
export function startLoad(file) {
  const name = basename(file.pathname, '.js');
  const child = fork(fileURLToPath(file), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const { failure, stop } = supervise(`load ${name}`, child);
  let last = 0;
  const call = (operation, args = {}, timeoutMs = START_TIMEOUT_MS) => {
    const id = ++last;
    const answered = new Promise((resolve, reject) => {
      const onMessage = (message) => {
        if (message.id !== id) return;
        child.off('message', onMessage);
        if (message.error === undefined) resolve(message.result);
        else reject(new Error(message.error));
      };
      child.on('message', onMessage);
    });
    child.send({ id, operation, args }, () => undefined);
    return within(timeoutMs, `load ${name}, ${operation}`, answered, failure);
  };
  return { call, stop, failure };
}
