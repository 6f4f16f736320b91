/*
 * Throughput and CPU of each subject as bars, in one SVG that needs nothing else: from a run's --json file,
 * `node test/bench/chart.js results.json docs/performance.svg`, or by `npm run bench -- --chart <file>`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { summarize } from './statistics.js';

const MEASURE = 'throughput';
const PANELS = [
  { key: 'gbPerSecond', title: 'GB/s of one pair (more is better)', digits: 2 },
  { key: 'cpuSecondsPerGb', title: 'CPU seconds of the relay for a GB (less is better)', digits: 2 },
];

const WIDTH = 760;
const NAMES = 150;
const FIGURES = 60;
const BARS = WIDTH - NAMES - FIGURES;
const ROW = 26;
const BAR = 16;
const TITLE = 44;
const FOOT = 40;

// It is shown on a light page and on a dark one: the colours follow what the reader has chosen. It has a ground of its
// own, because a page may follow something else.
const STYLE = `
  .ground { fill: #ffffff }
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .small { font-size: 11px; fill: #59636e }
  .right { text-anchor: end }
  .own { fill: #0969da }
  .other { fill: #8c959f }
  .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .own { fill: #4493f8 }
    .other { fill: #656c76 }
    .spread { stroke: #e6edf3 }
  }
`;

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);

const at = (n) => n.toFixed(1);

/** A text; `name` is its class. */
const text = (x, y, name, content) =>
  `<text x="${at(x)}" y="${at(y)}" class="${name}">${escape(content)}</text>`;

const line = (x1, y1, x2, y2) =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" class="spread"/>`;

/** From the least to the greatest value, with an end on each side. */
function spread(from, to, middle) {
  if (to - from < 1) return '';
  const end = (x) => line(x, middle - 4, x, middle + 4);
  return line(from, middle, to, middle) + end(from) + end(to);
}

/** One subject's bar: its name, the median, the spread over it, and the figure behind both. */
function bar({ name, control, summary }, { y, scale, digits }) {
  const { median, min, max } = summary;
  const middle = y + ROW / 2;
  const x = (value) => NAMES + value * scale;
  return [
    text(NAMES - 8, middle + 4, 'right', name),
    `<rect x="${NAMES}" y="${at(middle - BAR / 2)}" width="${at(median * scale)}" height="${BAR}" rx="2"` +
      ` class="${control ? 'other' : 'own'}"/>`,
    spread(x(min), x(max), middle),
    text(x(max) + 8, middle + 4, 'figure', median.toFixed(digits)),
  ].join('');
}

/** One figure of all subjects that have it; the first is on top. */
function panel({ key, title, digits }, subjects, top) {
  const rows = subjects
    .map(({ name, control, runs }) => ({ name, control, summary: summarize(runs.map((run) => run[key])) }))
    .filter(({ summary }) => summary !== undefined);
  const most = Math.max(0, ...rows.map(({ summary }) => summary.max));
  const scale = most === 0 ? 0 : BARS / most;
  const bars = rows.map((row, i) => bar(row, { y: top + TITLE + i * ROW, scale, digits }));
  return {
    drawing: [text(16, top + 28, 'title', title), ...bars].join('\n'),
    bottom: top + TITLE + rows.length * ROW,
  };
}

/** @param {object} report What a run leaves in its --json file. @returns {string} */
export function drawChart({ machine, measures }) {
  const measure = measures.find(({ name }) => name === MEASURE);
  if (measure === undefined) throw new Error(`there is no ${MEASURE} among what was measured`);
  const drawings = [];
  let top = 0;
  for (const spec of PANELS) {
    const { drawing, bottom } = panel(spec, measure.subjects, top);
    drawings.push(drawing);
    top = bottom;
  }
  const on = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.startedAt.slice(0, 10)}`;
  const feet = [
    text(
      16,
      top + 26,
      'small',
      `${measure.title}: the median, and the spread from the least to the greatest.`,
    ),
    text(16, top + 42, 'small', on),
  ];
  const height = top + FOOT + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"` +
      ' role="img">',
    `<title>${escape(measure.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${height}" rx="6" class="ground"/>`,
    ...drawings,
    ...feet,
    '</svg>',
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from, to] = process.argv.slice(2);
  if (to === undefined) {
    console.error('Usage: node test/bench/chart.js <results.json> <chart.svg>');
    process.exit(2);
  }
  try {
    writeFileSync(to, drawChart(JSON.parse(readFileSync(from, 'utf8'))));
  } catch (error) {
    console.error(`chart: ${error.message}`);
    process.exit(1);
  }
}
