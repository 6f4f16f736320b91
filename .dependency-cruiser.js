/** Who may import whom. */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'the-protocol-stands-alone',
      severity: 'error',
      from: { path: '^src/protocol/' },
      to: { pathNot: '^src/protocol/' },
    },
    {
      name: 'files-stand-alone',
      severity: 'error',
      from: { path: '^src/files/' },
      to: { path: '^src/', pathNot: '^src/files/' },
    },
    {
      name: 'the-relay-knows-no-operator-and-no-tool',
      severity: 'error',
      from: { path: '^src/(relay|guard|quotas)/' },
      to: { path: '^src/(ops|cli|client)/' },
    },
    {
      name: 'the-relay-counts-and-does-not-save',
      severity: 'error',
      from: { path: '^src/relay/' },
      to: { path: '^src/quotas/', pathNot: '^src/quotas/daily-counts' },
    },
    {
      name: 'the-transfer-stands-alone',
      comment:
        'What Node and a browser both run: their sides of its ports import it, and it imports neither.',
      severity: 'error',
      from: { path: '^src/transfer/' },
      to: { pathNot: '^src/(transfer|protocol)/|node_modules/@(noble|scure)/' },
    },
    {
      name: 'the-tools-know-no-relay',
      comment: 'They share the protocol with it, and nothing else.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/(relay|guard|quotas|ops|cli)/' },
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
    {
      name: 'limits-are-kept-in-one-place',
      severity: 'error',
      from: { pathNot: '^src/guard/' },
      to: { path: 'node_modules/rate-limiter-flexible' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
