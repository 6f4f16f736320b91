import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../../../src/client/platform.js';
import { formatMessage } from '../../../src/transfer/keys/agreement-messages.js';
import { ProtocolError, WrongCode } from '../../../src/transfer/errors.js';
import { ReceiverAgreement, SenderAgreement } from '../../../src/transfer/keys/key-agreement.js';
import { agree, CODE, thrownBy } from '../agreement.js';
import { openPlatform, PLATFORMS } from '../platforms.js';

const REFUSAL = Uint8Array.of(1, 4);

describe.each(PLATFORMS)('a key agreement on %s', (_name, platform) => {
  it('gives both sides the same keys, one a direction, of 32 bytes', () => {
    const open = openPlatform(platform);
    const { sender, receiver } = agree({}, { sender: open, receiver: open });
    const [toReceiver, toSender] = [open.keyOf(sender.sendKey), open.keyOf(sender.receiveKey)];
    expect(open.keyOf(receiver.receiveKey)).toEqual(toReceiver);
    expect(open.keyOf(receiver.sendKey)).toEqual(toSender);
    expect(toReceiver).not.toEqual(toSender);
    expect([toReceiver.length, toSender.length]).toEqual([32, 32]);
  });

  it('gives other keys every time', () => {
    const open = openPlatform(platform);
    const [one, two] = [agree({}, { sender: open }), agree({}, { sender: open })];
    expect(open.keyOf(one.sender.sendKey)).not.toEqual(open.keyOf(two.sender.sendKey));
    expect(one.hello).not.toEqual(two.hello);
  });

  it('overwrites the keys that the platform has', () => {
    const given: Uint8Array[] = [];
    const aead = (key: Uint8Array) => {
      given.push(key);
      return platform.aead(key);
    };
    agree({}, { sender: { ...platform, aead } });
    expect(given.map((key) => [...key])).toEqual([Array(32).fill(0), Array(32).fill(0)]);
  });
});

describe('a key agreement', () => {
  it('exports secrets that both sides share and that depend on label and session', () => {
    const { sender, receiver } = agree();
    expect(sender.exportSecret('resume')).toEqual(receiver.exportSecret('resume'));
    expect(sender.exportSecret('resume')).toHaveLength(32);
    expect(sender.exportSecret('resume')).not.toEqual(sender.exportSecret('resumf'));
    expect(sender.exportSecret('resume')).not.toEqual(agree().sender.exportSecret('resume'));
    for (const label of ['', 'x'.repeat(256), 'é'.repeat(128)]) {
      expect(() => sender.exportSecret(label)).toThrow(RangeError);
    }
    expect(sender.exportSecret('x'.repeat(255))).toHaveLength(32);
  });

  it('succeeds if and only if nameplate and password are the same', () => {
    const code = fc.record({
      nameplate: fc.constantFrom('1234', '12345', '01234'),
      password: fc.constantFrom('olive-basic', 'basic-olive', 'olive-basi', 'olivebasic', 'olive-basic-zoo'),
    });
    fc.assert(
      fc.property(code, code, fc.boolean(), (sender, other, same) => {
        const receiver = same ? sender : other;
        if (sender.nameplate === receiver.nameplate && sender.password === receiver.password) {
          agree({ sender, receiver });
        } else {
          expect(() => agree({ sender, receiver })).toThrow(WrongCode);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('does not let nameplate and password run into each other', () => {
    const sender = { nameplate: '1234', password: '5-olive' };
    const receiver = { nameplate: '12345', password: '-olive' };
    expect(() => agree({ sender, receiver })).toThrow(WrongCode);
  });

  it('tells a wrong word to both sides, and nothing else', () => {
    const sender = new SenderAgreement(CODE, nodePlatform);
    const receiver = new ReceiverAgreement({ ...CODE, password: 'olive-basil' }, nodePlatform);
    const answer = receiver.receiveHello(sender.hello);

    const atSender = thrownBy(() => sender.receiveAnswer(answer));
    expect(atSender).toBeInstanceOf(WrongCode);
    expect(atSender).toMatchObject({ code: 'wrong-code', side: 'sender', reply: REFUSAL });

    const atReceiver = thrownBy(() => receiver.receiveConfirmation((atSender as WrongCode).reply!));
    expect(atReceiver).toBeInstanceOf(WrongCode);
    expect(atReceiver).toMatchObject({ code: 'wrong-code', side: 'receiver', reply: undefined });

    for (const error of [atSender, atReceiver]) {
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/olive|basi|731904/);
    }
  });

  it('does not tell a receiver with a wrong word more than one with another wrong word', () => {
    const replies = ['olive-zoo', 'zoo-basic', 'zoo-zoo'].map((password) => {
      const sender = new SenderAgreement(CODE, nodePlatform);
      const answer = new ReceiverAgreement({ ...CODE, password }, nodePlatform).receiveHello(sender.hello);
      const error = thrownBy(() => sender.receiveAnswer(answer)) as WrongCode;
      return { message: error.message, reply: [...error.reply!] };
    });
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  });

  it('gives the receiver WrongCode when a sender confirms without knowing the words', () => {
    const receiver = new ReceiverAgreement(CODE, nodePlatform);
    receiver.receiveHello(new SenderAgreement({ ...CODE, password: 'a-guess' }, nodePlatform).hello);
    const guess = formatMessage('confirmation', Buffer.alloc(64));
    expect(() => receiver.receiveConfirmation(guess)).toThrow(WrongCode);
  });

  it("does not take the receiver's own tag back for the sender's", () => {
    const receiver = new ReceiverAgreement(CODE, nodePlatform);
    const answer = receiver.receiveHello(new SenderAgreement(CODE, nodePlatform).hello);
    const reflected = formatMessage('confirmation', answer.subarray(34));
    expect(() => receiver.receiveConfirmation(reflected)).toThrow(WrongCode);
  });

  it('does not agree with itself', () => {
    const sender = new SenderAgreement(CODE, nodePlatform);
    const reflected = formatMessage('answer', sender.hello.subarray(18), Buffer.alloc(64));
    expect(() => sender.receiveAnswer(reflected)).toThrow(WrongCode);
    expect(() => new SenderAgreement(CODE, nodePlatform).receiveAnswer(sender.hello)).toThrow(ProtocolError);
  });

  it('does not take the messages of another session', () => {
    const recorded = agree();
    expect(() => new SenderAgreement(CODE, nodePlatform).receiveAnswer(recorded.answer)).toThrow(WrongCode);
    const receiver = new ReceiverAgreement(CODE, nodePlatform);
    receiver.receiveHello(recorded.hello);
    expect(() => receiver.receiveConfirmation(recorded.confirmation)).toThrow(WrongCode);
  });
});

describe('what is no message of a key agreement', () => {
  const valid = agree();
  const cases = (message: Uint8Array): [string, Uint8Array][] => [
    ['nothing', Buffer.alloc(0)],
    ['one byte', message.subarray(0, 1)],
    ['one byte short', message.subarray(0, -1)],
    ['one byte long', Buffer.concat([message, Buffer.of(0)])],
    ['of another type', Buffer.concat([Buffer.of(1, 9), message.subarray(2)])],
    ['of the next version', Buffer.concat([Buffer.of(2), message.subarray(1)])],
  ];

  it.each(cases(valid.hello))('hello: %s', (_name, hello) => {
    expect(() => new ReceiverAgreement(CODE, nodePlatform).receiveHello(hello)).toThrow(ProtocolError);
  });

  it.each(cases(valid.answer))('answer: %s', (_name, answer) => {
    expect(() => new SenderAgreement(CODE, nodePlatform).receiveAnswer(answer)).toThrow(ProtocolError);
  });

  it.each(cases(valid.confirmation))('confirmation: %s', (_name, confirmation) => {
    const receiver = new ReceiverAgreement(CODE, nodePlatform);
    receiver.receiveHello(new SenderAgreement(CODE, nodePlatform).hello);
    expect(() => receiver.receiveConfirmation(confirmation)).toThrow(ProtocolError);
  });

  it('names both versions and answers so that the other side can', () => {
    const newer = Buffer.concat([Buffer.of(7), valid.hello.subarray(1)]);
    const error = thrownBy(() =>
      new ReceiverAgreement(CODE, nodePlatform).receiveHello(newer),
    ) as ProtocolError;
    expect(error.message).toMatch(/version 7 .* version 1/);
    expect(error.reply).toEqual(REFUSAL);
  });

  it('takes a refusal for one only where it can come', () => {
    expect(() => new ReceiverAgreement(CODE, nodePlatform).receiveHello(REFUSAL)).toThrow(ProtocolError);
    expect(() => new SenderAgreement(CODE, nodePlatform).receiveAnswer(REFUSAL)).toThrow(ProtocolError);
  });

  it.each([
    ['the identity', '00'.repeat(32)],
    ['no element', '2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c'],
  ])('aborts on a share that is %s, on both sides', (_name, hex) => {
    const element = Buffer.from(hex, 'hex');
    const hello = formatMessage('hello', Buffer.alloc(16), element);
    expect(thrownBy(() => new ReceiverAgreement(CODE, nodePlatform).receiveHello(hello))).toBeInstanceOf(
      ProtocolError,
    );
    const answer = formatMessage('answer', element, Buffer.alloc(64));
    expect(thrownBy(() => new SenderAgreement(CODE, nodePlatform).receiveAnswer(answer))).toBeInstanceOf(
      ProtocolError,
    );
  });
});

describe('each side', () => {
  it('takes each message once', () => {
    const sender = new SenderAgreement(CODE, nodePlatform);
    const receiver = new ReceiverAgreement(CODE, nodePlatform);
    expect(() => receiver.receiveConfirmation(REFUSAL)).toThrow('after the hello');
    const answer = receiver.receiveHello(sender.hello);
    expect(() => receiver.receiveHello(sender.hello)).toThrow('one hello');
    const { confirmation } = sender.receiveAnswer(answer);
    expect(() => sender.receiveAnswer(answer)).toThrow('serves once');
    receiver.receiveConfirmation(confirmation);
    expect(() => receiver.receiveConfirmation(confirmation)).toThrow('one confirmation');
  });

  it('gives nobody a second try at the same share', () => {
    const sender = new SenderAgreement(CODE, nodePlatform);
    const right = new ReceiverAgreement(CODE, nodePlatform).receiveHello(sender.hello);
    const wrong = new ReceiverAgreement({ ...CODE, password: 'a-guess' }, nodePlatform).receiveHello(
      sender.hello,
    );
    expect(() => sender.receiveAnswer(wrong)).toThrow(WrongCode);
    expect(() => sender.receiveAnswer(right)).toThrow('serves once');

    const malformed = new SenderAgreement(CODE, nodePlatform);
    expect(() => malformed.receiveAnswer(Buffer.alloc(5))).toThrow(ProtocolError);
    const late = new ReceiverAgreement(CODE, nodePlatform).receiveHello(malformed.hello);
    expect(() => malformed.receiveAnswer(late)).toThrow('serves once');

    const receiver = new ReceiverAgreement(CODE, nodePlatform);
    const answered = new SenderAgreement(CODE, nodePlatform);
    const { confirmation } = answered.receiveAnswer(receiver.receiveHello(answered.hello));
    expect(() => receiver.receiveConfirmation(Buffer.alloc(5))).toThrow(ProtocolError);
    expect(() => receiver.receiveConfirmation(confirmation)).toThrow('one confirmation');
  });

  it('prints no key, no secret and no word of the code', () => {
    const open = openPlatform();
    const sender = new SenderAgreement(CODE, { ...nodePlatform, aead: (key) => open.aead(key) });
    const receiver = new ReceiverAgreement(CODE, nodePlatform);
    const answer = receiver.receiveHello(sender.hello);
    const { keys } = sender.receiveAnswer(answer);
    const secrets = [keys.sendKey, keys.receiveKey]
      .map((key) => open.keyOf(key))
      .concat(Buffer.from(keys.exportSecret('x')));
    for (const object of [sender, receiver, keys]) {
      const printed =
        inspect(object, { showHidden: true, depth: 9, maxArrayLength: null }) + JSON.stringify(object);
      const digits = printed.replaceAll(/[^0-9a-f]/g, '');
      expect(printed).not.toMatch(/olive|basic/);
      for (const secret of secrets) {
        expect(digits).not.toContain(secret.subarray(0, 4).toString('hex'));
        expect(printed).not.toContain([...secret.subarray(0, 4)].join(','));
      }
    }
  });
});
