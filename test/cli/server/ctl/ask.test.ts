import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createRawServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Reply } from '../../../../src/cli/server/ctl/ask.js';
import type { CtlRequest } from '../../../../src/cli/server/ctl/command-line.js';

let directory = '';
let path = '';
const servers: Server[] = [];
const sockets: Socket[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'relay-ctl-'));
  path = join(directory, 'control.sock');
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(directory, { recursive: true });
});

async function listen(server: Server): Promise<void> {
  servers.push(server);
  server.on('connection', (socket) => sockets.push(socket)).listen(path);
  await once(server, 'listening');
}

/** Something that answers as a relay would, or would not. */
async function answering(answer: (response: ServerResponse, url: string) => void): Promise<void> {
  await listen(createServer((request, response) => answer(response, `${request.method} ${request.url}`)));
}

async function asked(changes: Partial<CtlRequest> = {}, timeoutMs?: number): Promise<Reply[]> {
  const request: CtlRequest = {
    action: 'list',
    method: 'GET',
    parameters: {},
    path,
    json: false,
    ...changes,
  };
  const replies: Reply[] = [];
  for await (const reply of ask(request, timeoutMs)) replies.push(reply);
  return replies;
}

describe('an answer', () => {
  it('is its lines, however they come, and what was asked is in the request', async () => {
    await answering((response, url) => {
      response.write('{"a":"');
      setImmediate(() => {
        response.write(`${url}"}\n{"b":"\u00e9`);
        setImmediate(() => response.end('"}\n{}'));
      });
    });
    const parameters = { source: '2001:db8::/64', for: '5' };
    expect(await asked({ action: 'block', method: 'POST', parameters })).toEqual([
      { a: 'POST /block?source=2001%3Adb8%3A%3A%2F64&for=5' },
      { b: '\u00e9' },
      {},
    ]);
  });

  it('need not be read to its end', async () => {
    const closed = new Promise((resolve) => {
      void answering((response) => {
        response.on('close', resolve);
        for (let count = 0; count < 1_000; count += 1) response.write(`{"count":${count}}\n`);
      });
    });
    await once(servers[0]!, 'listening');
    for await (const reply of ask({ action: 'list', method: 'GET', parameters: {}, path, json: true })) {
      expect(reply).toEqual({ count: 0 });
      break;
    }
    await closed;
  });
});

describe('in an upgrade', () => {
  it('asks again, until the successor has its socket', async () => {
    const reply = asked();
    setTimeout(() => void answering((response) => response.end('{"a":1}\n')), 200);
    expect(await reply).toEqual([{ a: 1 }]);
  });
});

describe('what goes wrong is said in one line', () => {
  const refuse = (status: number, body: string) =>
    answering((response) => {
      response.writeHead(status);
      response.end(body);
    });

  it.each([
    [400, '{"error":"bad-source","message":"that is none"}\n', 'that is none.'],
    [409, '{"error":"ambiguous","message":"two","rooms":["a1","a2"]}\n', 'two: a1, a2. Give more of it.'],
    [404, '{"error":"unknown-command"}\n', 'does not know this command of list. It is older'],
    [400, '{"error":"unknown-parameter"}\n', 'does not know this option of list. It is older'],
    [404, 'not found\n', 'is no relay of this kind'],
    [200, 'ok\n', 'is no relay of this kind'],
    [200, 'null\n', 'is no relay of this kind'],
  ])('%i %j', async (status, body, message) => {
    await refuse(status, body);
    await expect(asked()).rejects.toThrow(message);
  });

  it('an end in the middle', async () => {
    await answering((response) => {
      response.write('{"a":1}\n');
      setImmediate(() => response.destroy());
    });
    await expect(asked()).rejects.toThrow('ended in the middle of its answer');
  });

  it('no answer at all', async () => {
    await answering((response) => response.destroy());
    await expect(asked()).rejects.toThrow('ended in the middle of its answer');
  });

  it('silence', async () => {
    await answering(() => undefined);
    await expect(asked({}, 50)).rejects.toThrow('does not answer');
  });

  it('another protocol', async () => {
    await listen(
      createRawServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end('220 hello\r\n'),
      ),
    );
    await expect(asked()).rejects.toThrow(/^cannot use /);
  });

  it('nobody there', async () => {
    await expect(asked()).rejects.toThrow('no relay is commanded at');
  });

  it.skipIf(process.getuid?.() === 0)('no permission', async () => {
    await answering(() => undefined);
    chmodSync(path, 0);
    await expect(asked()).rejects.toThrow("Run this as root, or as the relay's user.");
  });
});
