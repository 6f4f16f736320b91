import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Tests of what is pure: no socket, process or file of their own, no real timer, no mocked module. They run in threads, and
 * many of them in one. helpers/pure.ts checks it.
 */
export const UNIT = [
  'test/cli/client/{ask,descriptors,receive-settings,reporters,send-settings,timed,wrap}.test.ts',
  'test/cli/flags/{config-file,kinds,program}.test.ts',
  'test/cli/server/{check,commands,directories,program,reload,status-line}.test.ts',
  'test/cli/server/ctl/{command-line,table,text}.test.ts',
  'test/cli/server/inspect/machine.test.ts',
  'test/cli/text/*.test.ts',
  'test/client/landing/{prompt,window}.test.ts',
  'test/client/source/{kept,listing,stream}.test.ts',
  'test/client/tampering.test.ts',
  'test/guard/**/*.test.ts',
  'test/ops/http/host-header.test.ts',
  'test/ops/log/connection-log.test.ts',
  'test/ops/metrics/metrics.test.ts',
  'test/ops/senders/senders-file.test.ts',
  'test/protocol/*.test.ts',
  'test/quotas/{daily-counts,day,record}.test.ts',
  'test/relay/{admission,options}.test.ts',
  'test/relay/costs/fair-rates.test.ts',
  'test/relay/dialects/line.test.ts',
  'test/relay/entrance/{census,networks,record-ration}.test.ts',
  'test/relay/rooms/{janitor,keys,names,receivers,rooms,rooms.property,states,time}.test.ts',
  'test/relay/wire/bulk/buffer-pool.test.ts',
  'test/transfer/**/*.test.ts',
];

/** Tests that put something in place of a module: each file has a process of its own. All others share theirs. */
export const ALONE = [
  'test/cli/server/upgrade.test.ts',
  'test/client/source/denied.test.ts',
  'test/relay/{listener,refusals}.test.ts',
];

/** The longest first, in this order, so that none of them is alone at the end. */
const LONGEST = [
  'test/e2e/tools-resume.test.ts',
  'test/e2e/upgrade.test.ts',
  'test/e2e/standard-streams.test.ts',
  'test/client/landing/receiving-disk.test.ts',
  'test/e2e/package.test.ts',
  'test/e2e/tools.test.ts',
  'test/e2e/tools-tls.test.ts',
  'test/e2e/ctl-upgrade.test.ts',
  'test/e2e/open-files.test.ts',
  'test/relay/wire/bulk/bulk-reads.test.ts',
  'test/faults/matrix.test.ts',
  'test/relay/splice/piping-stall.test.ts',
  'test/relay/entrance/tls.test.ts',
  'test/client/usual-limits.test.ts',
  'test/client/hostile-sender.test.ts',
  'test/e2e/shutdown.test.ts',
  'test/client/guesses.test.ts',
  'test/e2e/memory.test.ts',
  'test/relay/rooms/cases-churn.test.ts',
];

/** Projects one after the other, so that their processes are kept, and those last that take little time a file. */
const ORDER = ['io', 'alone', 'unit'];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return ORDER.indexOf(project.name) * LONGEST.length + (place < 0 ? LONGEST.length : place);
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
