/** What a look at one thing came to, for people. */
export interface Finding {
  /** `fail`: the relay does not start, or does not do what it is for. `warn`: it does, with a reservation. */
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was looked at, in a word or three. */
  readonly about: string;
  /** What was found, and where it is not ok, what to do: whole sentences. */
  readonly text: string;
}

export function hasFailed(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'fail');
}

/** A line for each. */
export function listed(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ about }) => about.length));
  return findings
    .map(({ level, about, text }) => `${level.padEnd(4)}  ${about.padEnd(width)}  ${text}\n`)
    .join('');
}

/** The line below them, and an empty one between. */
export function sum(findings: readonly Finding[]): string {
  const wrong = findings.filter(({ level }) => level === 'fail').length;
  if (wrong === 0) return '\nNothing is wrong.';
  return wrong === 1 ? '\nOne thing is wrong.' : `\n${wrong} things are wrong.`;
}
