/** All of a test's connections come from one machine, faster than any client may. */
export const LIMITS_OFF = [
  ...['--rate-limit-ip', '0', '--rate-limit-code', '0', '--max-connections-per-ip', '0'],
  ...['--lockout-attempts', '0', '--lockout-source-attempts', '0'],
];
