/** Open files that are not clients' connections: the log, the admin server, libuv's own. */
export const RESERVED_FILES = 32;

/** Refused connections that may stay open, where there are files enough. */
const MAX_REFUSED = 1024;

/** Where the system does not say, as on Windows, which has no such limit. */
const ASSUMED_LIMIT = 4096;

let measured: number | undefined;

/** The open-files limit of this process. Node has raised the soft limit to the hard one at its start. */
export function openFilesLimit(): number {
  measured ??= readLimit();
  return measured;
}

/**
 * How many refused connections may stay open for a moment, for their clients to read why: half of the files that are left.
 * The other half is for those who come when so many are, and are told so and closed.
 */
export function placesForRefused(maxConnections: number): number {
  const left = openFilesLimit() - RESERVED_FILES - maxConnections;
  return Math.min(MAX_REFUSED, Math.max(0, Math.floor(left / 2)));
}

function readLimit(): number {
  // Node 20 has no type for this switch yet; without it, a report looks up the name of every peer.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft: number | string } };
  };
  const soft = report.userLimits?.open_files?.soft;
  if (soft === 'unlimited') return 1_000_000;
  return typeof soft === 'number' && soft > 0 ? soft : ASSUMED_LIMIT;
}
