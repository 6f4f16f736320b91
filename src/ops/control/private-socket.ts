import { once } from 'node:events';
import { lstatSync, renameSync, rmSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';

/** Longest path of a Unix socket in bytes, less what is added to it while it is made: sun_path has 108 on Linux, 104 on macOS. */
const MAX_PATH_BYTES = 90;

export interface PrivateSocket {
  /** Takes its file away, at once, unless somebody else's is there by now. Whoever is connected stays so. */
  remove(): void;
}

/**
 * Listens on a Unix socket that only this process's user can use (mode 0600, from the start). The file of a process that is
 * gone is replaced.
 *
 * @param server closes by itself; its file is removed by what is returned
 * @throws an error for people, where that cannot be done: somebody listens there, something else is there
 */
export async function listenPrivately(server: Server, path: string): Promise<PrivateSocket> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new Error(`the path is longer than the ${MAX_PATH_BYTES} bytes that a socket's may have`);
  }
  // Where it is missing, listening says that there is no permission.
  statSync(dirname(path));
  await expectFree(path);
  // Under another name first: it takes the old file's place in one step, and libuv, which removes the file under the name
  // that it was given when a server closes, cannot take away that of a process that has come after this one.
  const fresh = `${path}.${process.pid}`;
  // Left by one that had this process's number, and ended right here.
  rmSync(fresh, { force: true });
  const before = process.umask(0o177);
  try {
    server.listen({ path: fresh });
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
  const own = lstatSync(fresh);
  renameSync(fresh, path);
  let isOurs = true;
  return {
    remove() {
      // Once: a file system gives the number of a file that is gone to the next one, which is our successor's.
      if (!isOurs) return;
      isOurs = false;
      const there = statsOf(path);
      if (there?.ino === own.ino && there.dev === own.dev) unlinkSync(path);
    },
  };
}

/** @throws where something is at that path, unless it is the socket of a process that is gone */
async function expectFree(path: string): Promise<void> {
  const there = statsOf(path);
  if (there === undefined) return;
  if (!there.isSocket()) throw new Error('something else is there, which is left alone');
  const code = await problemOfConnecting(path);
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return;
  throw new Error('another relay listens there');
}

function problemOfConnecting(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
