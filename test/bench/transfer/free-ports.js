import net from 'node:net';

/** So many ports that nobody listens on: for a program that cannot choose its own. */
export async function freePorts(count, host) {
  const servers = Array.from({ length: count }, () => net.createServer());
  const listening = servers.map(
    (server) =>
      new Promise((resolve, reject) => server.once('error', reject).listen({ port: 0, host }, resolve)),
  );
  await Promise.all(listening);
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
