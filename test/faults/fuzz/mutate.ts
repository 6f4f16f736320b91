type Random = () => number;

const below = (random: Random, bound: number): number => Math.floor(random() * bound);

/** Values at which lengths and counters turn over. */
const EDGES = [0, 1, 0x09, 0x0a, 0x0d, 0x20, 0x7f, 0x80, 0xff];

type Change = (input: Buffer, at: number, random: Random, corpus: readonly Buffer[]) => Buffer;

const cut = (input: Buffer, at: number, removed: number, put: Buffer): Buffer =>
  Buffer.concat([input.subarray(0, at), put, input.subarray(at + removed)]);

/** What fuzzers do to an input, one of them at a time. */
const CHANGES: readonly Change[] = [
  (input, at, random) => {
    const changed = Buffer.from(input);
    if (changed.length > 0) changed[at % changed.length]! ^= 1 << below(random, 8);
    return changed;
  },
  (input, at, random) => cut(input, at, 1, Buffer.of(EDGES[below(random, EDGES.length)]!)),
  (input, at, random) => cut(input, at, 0, Buffer.of(below(random, 256))),
  (input, at, random) => cut(input, at, 1 + below(random, 8), Buffer.alloc(0)),
  (input, at, random) => cut(input, at, 0, input.subarray(at, at + 1 + below(random, 40))),
  (input, at, random) => cut(input, at, 0, Buffer.alloc(1 + below(random, 300), below(random, 256))),
  (input, at) => input.subarray(0, at),
  // The head of one and the tail of another.
  (input, at, random, corpus) => {
    const other = corpus[below(random, corpus.length)]!;
    return Buffer.concat([input.subarray(0, at), other.subarray(below(random, other.length + 1))]);
  },
  // A number becomes a greater one.
  (input, at, random) => cut(input, at, 1, Buffer.from(`${below(random, 2 ** 30)}${below(random, 2 ** 30)}`)),
];

/** One of the corpus after up to eight changes; now and then as it is, or bytes by lot. */
export function mutated(corpus: readonly Buffer[], random: Random): Buffer {
  if (random() < 0.02)
    return Buffer.from(Array.from({ length: below(random, 600) }, () => below(random, 256)));
  let input = corpus[below(random, corpus.length)]!;
  for (let left = below(random, 9); left > 0; left -= 1) {
    const change = CHANGES[below(random, CHANGES.length)]!;
    input = change(input, below(random, input.length + 1), random, corpus).subarray(0, 8192);
  }
  return input;
}

/** The same bytes in pieces, single ones among them. */
export function sliced(input: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  const longest = random() < 0.3 ? 1 : 1 + below(random, input.length + 1);
  for (let at = 0; at < input.length;) {
    const length = 1 + below(random, longest);
    pieces.push(input.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
