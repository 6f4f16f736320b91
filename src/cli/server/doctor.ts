import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { loadCertificate } from '../../ops/certificates/certificate.js';
import { resolveSettings } from '../../relay/options.js';
import { createRelay } from '../../relay/relay.js';
import { ownVersion, printExit, settingsOf } from '../flags/main.js';
import { describedBelow, type Program } from '../flags/program.js';
import { REPEATING } from '../flags/wording.js';
import { FLAGS, REPORT_AS_JSON } from './flags.js';
import { gatherFacts } from './inspect/facts.js';
import { type Finding, hasFailed, listed, sum } from './inspect/finding.js';
import {
  inspectBacklog,
  inspectClock,
  inspectMemory,
  inspectNode,
  inspectNotices,
  inspectSocketBuffer,
} from './inspect/machine.js';
import { inspectPort } from './inspect/port.js';
import { inspectSettings } from './inspect/settings.js';
import { readSocketUnit, type SocketUnit } from './inspect/socket-unit.js';
import { tryTransfer } from './inspect/trial.js';
import { resolveGiven, type RunSettings } from './settings.js';

const TRIAL_MS = 10_000;

const DOCTOR: Program = {
  name: 'relay-server doctor',
  usage: '[options]',
  about:
    'Tries a transfer through a relay with these settings, on a free port of this\nmachine, and looks at what the relay depends on. A relay that runs is left alone.',
  flags: { json: REPORT_AS_JSON, ...FLAGS },
  describe: describedBelow,
  wording: REPEATING,
  epilogue: `
Exit code 0: nothing failed. 1: something did. 2: bad usage.

Examples:
  $ relay-server doctor --config /etc/relay.toml
  $ relay-server doctor --json`,
};

/** @returns the exit code: 0 where nothing fails, 1 where something does, 2 for bad usage. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const line = settingsOf(DOCTOR, argv, ownVersion(), (line) => line);
  if ('kind' in line) return printExit(line);
  const resolved = resolveGiven(line.typed, env, readFileSync);
  const unit = await readSocketUnit();
  const findings = [
    ...(await inspectSettings(resolved, env, unit)),
    ...(resolved.settings === undefined ? [] : await inspectRunning(resolved.settings, unit)),
  ];
  const ok = !hasFailed(findings);
  const text =
    line.typed['json'] === true ? JSON.stringify({ ok, findings }) : listed(findings) + sum(findings);
  process.stdout.write(`${text}\n`);
  return ok ? 0 : 1;
}

/** Runs a relay with the settings, and looks at the machine that it would run on. */
async function inspectRunning(run: RunSettings, unit: SocketUnit | undefined): Promise<readonly Finding[]> {
  const settings = resolveSettings(run.relay);
  const aheadMs = (): number => Date.now() - performance.now();
  const before = aheadMs();
  const trials = await inspectTransfers(run);
  const facts = await gatherFacts();
  return [
    inspectNode(process.versions.node),
    await inspectPort(run.relay.host, settings.port, unit),
    ...trials,
    inspectMemory(settings.bufferMemoryMiB, settings.maxConnections, facts.memoryBytes),
    inspectBacklog(facts.backlog),
    inspectSocketBuffer('net.ipv4.tcp_rmem', facts.receiveBuffer),
    inspectSocketBuffer('net.ipv4.tcp_wmem', facts.sendBuffer),
    inspectClock(aheadMs() - before, facts.isSynchronised),
  ];
}

/** What counts by source is off, since both ends of the trial have the same, and so are limits of costs. */
async function inspectTransfers({ relay: options, tls }: RunSettings): Promise<readonly Finding[]> {
  const notices: string[] = [];
  const faults: Finding[] = [];
  const certificate = tls && (await loadCertificate(tls).catch(() => undefined));
  // Told with the settings.
  if (tls !== undefined && certificate === undefined) return [];
  const relay = createRelay({
    ...options,
    tls: certificate && { ...certificate, only: tls.only },
    port: 0,
    host: '127.0.0.1',
    rateLimitIp: 0,
    rateLimitCode: 0,
    maxConnectionsPerIp: 0,
    maxBytesPerSecond: 0,
    maxBytesPerSecondPerRoom: 0,
    maxRoomBytes: 0,
    maxRoomAgeMs: 0,
    dailyQuotaBytes: 0,
    onNotice: (notice) => notices.push(notice),
    onFault: ({ message }) => faults.push({ level: 'fail', about: 'relay', text: `${message}.` }),
  });
  try {
    const { host, port } = await relay.start();
    const to = { host, port, allowHalfOpen: true };
    const plain = tls?.only === true ? [] : [await tryTransfer('transfer', () => connect(to), TRIAL_MS)];
    // It is not for this address, of course. Whether its key belongs to it has been looked at.
    const dialTls = () => connectTls({ ...to, rejectUnauthorized: false });
    const secure = tls === undefined ? [] : [await tryTransfer('TLS transfer', dialTls, TRIAL_MS)];
    return [...plain, ...secure, ...faults, inspectNotices(notices)];
  } finally {
    await relay.close({ graceMs: 0 });
  }
}
