/** Numbers as people read them on a screen. */

const STEPS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** Bytes with three digits at most, in steps of 1,000: `0 B`, `999 B`, `1.2 GB`, `54 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  // 999.6 kB would be written as 1000 kB.
  while (step < STEPS.length - 1 && value >= (step === 0 ? 1_000 : 999.5)) {
    value /= 1_000;
    step += 1;
  }
  const unit = STEPS[step] ?? '';
  if (step === 0) return `${Math.floor(value)} B`;
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

/** Seconds as the two largest units that matter: `8 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(whole / 3_600);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** How long something took: `3 ms`, `2.9 s`, and from ten seconds on as `formatSeconds` has it. */
export function formatSpan(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1_000)} ms`;
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : formatSeconds(seconds);
}

/** `1 file`, `3 files`, `1,234 files`. */
export function count(number: number, one: string, many = `${one}s`): string {
  // `toLocaleString` does the same, and loads tables for 14 ms first.
  const grouped = String(number).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${grouped} ${number === 1 ? one : many}`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
