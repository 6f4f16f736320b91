function median(sorted) {
  const middle = sorted.length / 2;
  return sorted.length % 2 === 0 ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)];
}

/** Median and spread; undefined where nothing was measured. */
export function summarize(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  return { median: median(sorted), min: sorted[0], max: sorted[sorted.length - 1] };
}

/** `values[i] / controls[i]`: two runs of one round saw the same machine, two medians may not have. */
export function ratios(values, controls) {
  return values.map((value, round) => {
    const control = controls[round];
    return value === undefined || !control ? undefined : value / control;
  });
}

/** The value that so large a share of them does not exceed. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
