import tseslint from 'typescript-eslint';

const noNodeImports = {
  patterns: [{ group: ['node:*'], message: 'This part is pure: no sockets, files, timers or clock.' }],
};

const TIMERS = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
  ...['queueMicrotask', 'performance'],
];
const OF_NODE_ALONE = ['Buffer', 'process', 'global', '__dirname', '__filename', 'require'];
const OF_THE_WEB = [
  ...['globalThis', 'window', 'self', 'document', 'navigator', 'location', 'crypto', 'fetch', 'WebSocket'],
  ...['Blob', 'File', 'ReadableStream', 'Event', 'EventTarget', 'AbortController', 'AbortSignal'],
  ...['structuredClone', 'atob', 'btoa', 'DOMException'],
];

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'node_modules'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `return this.refuse(…)` reads well: it is over here.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only: a thing has one name.' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/protocol/**/*.ts', 'src/relay/rooms/rooms.ts', 'src/relay/rooms/states.ts'],
    rules: {
      'no-restricted-imports': ['error', noNodeImports],
      'no-restricted-globals': ['error', 'Date', 'setTimeout', 'setInterval', 'process', 'performance'],
    },
  },
  {
    // Node, browsers and their workers run it: what they do not all have comes through its ports.
    files: ['src/transfer/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', noNodeImports],
      'no-restricted-globals': ['error', ...TIMERS, ...OF_NODE_ALONE, ...OF_THE_WEB],
    },
  },
  {
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-console': 'off',
    },
  },
);
