import { basename, join } from 'node:path';
import { cpuSeconds, endedChildrenCpuSeconds } from '../proc.js';
import { makeFile, makeTree } from '../transfer/content.js';
import { verify } from '../transfer/digest.js';
import { openWorkspace } from '../transfer/workspace.js';
import { each, growth, inTurns, put } from './rounds.js';

const SECONDS = { key: 'seconds', label: 's', digits: 2 };
const FILE_FIGURES = [
  { key: 'gbPerSecond', label: 'GB/s', digits: 3 },
  SECONDS,
  { key: 'cpuSecondsPerGb', label: 'CPU s/GB', digits: 2 },
];
const TREE_FIGURES = [
  { key: 'filesPerSecond', label: 'files/s', digits: 0 },
  SECONDS,
  { key: 'cpuMicrosecondsPerFile', label: 'CPU us/file', digits: 0 },
];

/** A transfer slower than this has stalled. */
const SLOWEST = { bytesPerSecond: 8e6, filesPerSecond: 40 };
const START_MS = 30_000;

function timeoutFor({ bytes, files }) {
  const seconds = Math.max(bytes / SLOWEST.bytesPerSecond, files / SLOWEST.filesPerSecond);
  return START_MS + 1000 * Math.ceil(seconds);
}

/** CPU time of the relay so far, and of all tools that have ended. */
function cpuOf(pids) {
  const all = [endedChildrenCpuSeconds(), ...pids.map(cpuSeconds)];
  return all.includes(undefined) ? undefined : all.reduce((sum, seconds) => sum + seconds);
}

/** One transfer, verified; what it took. */
async function transfer(running, content, workspace) {
  const to = workspace.fresh('arrived');
  const before = cpuOf(running.pids);
  const { seconds } = await running.run(content.path, to, { timeoutMs: timeoutFor(content) });
  const cpu = growth(before, cpuOf(running.pids));
  await verify(join(to, basename(content.path)), content);
  workspace.fresh('arrived');
  return {
    seconds,
    gbPerSecond: content.bytes / 1e9 / seconds,
    filesPerSecond: content.files / seconds,
    cpuSecondsPerGb: each(cpu, content.bytes / 1e9),
    cpuMicrosecondsPerFile: each(cpu, content.files / 1e6),
  };
}

/** A file, then many small ones, from a tool to its like through their own relay. */
export async function measureTransfer(subjects, { runs, size, files }) {
  const workspace = openWorkspace();
  const running = new Map();
  try {
    for (const subject of subjects) running.set(subject, await subject.start(workspace.fresh(subject.name)));
    const source = workspace.fresh('source');
    const measure = async (content, title, figures) => {
      const results = await inTurns(subjects, { runs, warmUps: 0 }, (subject) =>
        put([running.get(subject)], transfer(running.get(subject), content, workspace)),
      );
      return { name: 'transfer', title: `${title}, ${runs} runs`, figures, subjects: results };
    };
    const gigabytes = (size / 1e9).toFixed(2);
    return [
      await measure(await makeFile(source, size), `Transfer of one file of ${gigabytes} GB`, FILE_FIGURES),
      await measure(makeTree(source, files), `Transfer of ${files} files of 10 kB`, TREE_FIGURES),
    ];
  } finally {
    await Promise.all([...running.values()].map((server) => server.stop()));
    workspace.close();
  }
}
