/** Listens on a free port, tells it in one line as the relay does, and ends with the process that started it. */
export function listen(server) {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    console.log(JSON.stringify({ msg: 'listening', port: server.address().port }));
  });
  process.stdin.resume().once('end', () => process.exit());
}
