/**
 * Why it cannot listen, in one line for people, and which flag to change.
 * @param error of the system
 */
export function listenProblem(error: unknown, prefix: '' | 'admin-', host: string): string {
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

/** The same of the socket that `ctl` uses. */
export function controlProblem(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no directory for the socket ${path}. Make it, or choose another path with --control.`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `no permission to make the socket ${path}. Choose another path with --control.`;
    default:
      return `cannot listen on the socket ${path}: ${message}. Choose another path with --control.`;
  }
}
