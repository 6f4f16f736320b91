import { ratios, summarize } from './statistics.js';

export function printMachine({ cpu, cores, memoryGiB, node, kernel, loadBefore }) {
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB; ${kernel}; Node ${node}; load before ${loadBefore}`);
}

function cell(values, digits) {
  const summary = summarize(values);
  if (summary === undefined) return '-';
  const [middle, min, max] = [summary.median, summary.min, summary.max].map((n) => n.toFixed(digits));
  return min === max ? middle : `${middle} (${min} to ${max})`;
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(`  ${row.map((text, i) => text.padEnd(widths[i] + 3)).join('')}`.trimEnd());
}

/** One table: a row for each subject, then each one that is no control over each control. */
export function printMeasure({ title, figures, subjects, notes = [] }) {
  const of = (subject, figure) => subject.runs.map((run) => run[figure.key]);
  const rows = [['', ...figures.map(({ label }) => label)]];
  for (const subject of subjects) {
    rows.push([subject.name, ...figures.map((figure) => cell(of(subject, figure), figure.digits))]);
  }
  const controls = subjects.filter(({ control }) => control);
  for (const subject of subjects.filter(({ control }) => !control)) {
    for (const control of controls) {
      const compared = figures.map((figure) => cell(ratios(of(subject, figure), of(control, figure)), 2));
      rows.push([`${subject.name} / ${control.name}`, ...compared]);
    }
  }
  console.log(`\n${title}`);
  printTable(rows);
  for (const note of notes) console.log(`  ${note}`);
}
