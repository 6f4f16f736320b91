import { Client } from '../helpers/client.js';

/** Connections that each come, wait and are lost, some at a time: each is a line in the relay's log. */
export async function comeAndGo(port: number, count: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      const localAddress = `127.3.${1 + (next % 200)}.1`;
      const line = `come-and-go-${next}:sender:status\n`;
      using client = await Client.connect(port, { line, localAddress });
      await client.untilText('WAITING');
      client.reset();
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
}
