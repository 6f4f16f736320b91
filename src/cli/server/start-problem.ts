/**
 * Why it cannot listen, in one line for people, and which flag to change.
 * @param error of the system
 */
export function startProblem(error: unknown, prefix: '' | 'admin-', host: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port ?? ''} is already in use. Stop what uses it, or choose another with --${prefix}port.`;
    case 'EACCES':
      return `no permission to listen on port ${port ?? ''}. Choose one above 1023 with --${prefix}port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `this machine has no address ${JSON.stringify(host)}. Check --${prefix}host.`;
    default:
      return `cannot start: ${error.message}`;
  }
}
