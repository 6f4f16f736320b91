import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const UNIT = fileURLToPath(new URL('../../docs/systemd/relay-server.service', import.meta.url));
const SOCKET = UNIT.replace(/service$/, 'socket');
const MOST_EXPOSURE = 1.5;

const TOOL = 'systemd-analyze';

/** The first version of it that judges a file on its own. */
const OLDEST = 250;

const obstacle = findObstacle();
if (obstacle !== undefined) console.log(`The exposure of the systemd unit is not checked: ${obstacle}.`);

it.skipIf(obstacle !== undefined)(`the unit's exposure is at most ${MOST_EXPOSURE}`, () => {
  const { stdout, stderr } = analyze('security', '--offline=true', '--no-pager', UNIT);
  const level = /^→ Overall exposure level for .*: ([0-9.]+) /m.exec(stdout)?.[1];
  expect(level, stdout + stderr).toBeDefined();
  expect(Number(level)).toBeLessThanOrEqual(MOST_EXPOSURE);
  // A directive that is misspelled counts for nothing, and is complained of here.
  expect(stderr).toBe('');
});

it.skipIf(obstacle !== undefined)('the socket unit is one', () => {
  const { status, stdout, stderr } = analyze('verify', '--man=no', SOCKET, UNIT);
  // What it says of the program, which is elsewhere here, is not about the units.
  const complaints = (stdout + stderr)
    .split('\n')
    .filter((line) => line !== '' && !line.includes('is not executable'));
  expect([complaints, status]).toEqual([[], expect.any(Number)]);
});

function findObstacle(): string | undefined {
  const { error, stdout } = analyze('--version');
  if (error !== undefined) return `there is no ${TOOL} here`;
  const version = Number(/^systemd (\d+)/.exec(stdout)?.[1] ?? 0);
  return version < OLDEST ? `${TOOL} is older than version ${OLDEST}` : undefined;
}

function analyze(...args: string[]) {
  return spawnSync(TOOL, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', SYSTEMD_COLORS: '0' },
  });
}
