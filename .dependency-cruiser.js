/**
 * Who may import whom; docs/architecture.md has it drawn. A folder may import its own files and what stands behind it here,
 * and nothing else of ours: no arrow goes up, and none in a circle, for types neither.
 */
const HOUSE = {
  // Both ends know them, and they know nothing.
  protocol: [],
  files: [],
  // The tools: what any machine can run, and Node's side of its ports.
  transfer: ['protocol'],
  client: ['transfer', 'protocol', 'files'],
  // The relay, from the bytes up.
  guard: ['protocol'],
  quotas: ['files'],
  'relay/observer': ['protocol'],
  'relay/options': ['guard', 'relay/open-files'],
  'relay/open-files': [],
  'relay/wire': ['protocol', 'guard/source'],
  'relay/costs': ['protocol', 'quotas/daily-counts', 'relay/options', 'relay/wire'],
  'relay/dialects': ['protocol', 'relay/observer', 'relay/wire'],
  'relay/rooms': ['protocol', 'relay/observer', 'relay/costs/meter'],
  'relay/entrance': ['protocol', 'guard', 'relay/dialects', 'relay/wire'],
  'relay/splice': [
    ...['protocol', 'guard/guard', 'relay/observer', 'relay/costs', 'relay/wire'],
    ...['relay/dialects/dialect', 'relay/rooms/rooms'],
  ],
  'relay/guest': ['relay/observer', 'relay/handover/channel', 'relay/rooms/room', 'relay/splice/pairing'],
  'relay/handover': [...['protocol', 'relay/guest', 'relay/costs/meter', 'relay/rooms', 'relay/wire']],
  relay: ['protocol', 'guard', 'quotas/daily-counts'],
  // Whoever runs it.
  ops: ['protocol', 'files', 'relay'],
  cli: ['protocol', 'files', 'transfer', 'client', 'guard', 'quotas', 'relay', 'ops'],
};

/** Where a library is used that has a place of its own. */
const LIBRARIES = {
  'rate-limiter-flexible': 'guard',
  commander: 'cli/flags',
  'smol-toml': 'cli/flags',
  pino: 'ops/log',
  'prom-client': 'ops/metrics',
  '@noble': 'transfer',
  '@scure': 'transfer',
};

/** A folder or a file. */
const at = (place) => `^src/${place}(/|\\.ts$)`;

const isWithin = (inner, outer) => inner !== outer && inner.startsWith(`${outer}/`);

const arrows = Object.entries(HOUSE).map(([place, allowed]) => {
  const inner = Object.keys(HOUSE).filter((other) => isWithin(other, place));
  return {
    name: `${place.replace('/', '-')}-imports-what-is-behind-it`,
    severity: 'error',
    from: { path: at(place), ...(inner.length > 0 && { pathNot: inner.map(at) }) },
    to: { path: '^src/', pathNot: [place, ...allowed].map(at) },
  };
});

const libraries = Object.entries(LIBRARIES).map(([name, place]) => ({
  name: `${name.replace('@', '')}-in-one-place`,
  severity: 'error',
  from: { pathNot: at(place) },
  // (The type of a logger that is handed in is no use of the library.)
  to: { path: `node_modules/${name}/`, dependencyTypesNot: ['type-only'] },
}));

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-strays',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    ...arrows,
    ...libraries,
    {
      name: 'the-pure-parts-know-no-node',
      severity: 'error',
      from: { path: '^src/(protocol|transfer)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'the-flags-know-no-program',
      severity: 'error',
      from: { path: '^src/cli/(flags|text)/' },
      to: { path: '^src/cli/(server|client|[a-z-]+\\.ts$)' },
    },
    {
      name: 'relay-and-tools-share-flags-and-text-only',
      severity: 'error',
      from: { path: '^src/cli/(server|client)/' },
      to: { path: '^src/cli/(server|client)/', pathNot: '^src/cli/$1/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
