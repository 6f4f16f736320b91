import { expect, it } from 'vitest';
import { controlPath, controlPathToAsk, stateDirectory } from '../../../src/cli/server/directories.js';

it.each([
  ['where it is told', '/given', { RUNTIME_DIRECTORY: '/run/a' }, '/given'],
  [
    'in the directory that the service manager made',
    undefined,
    { RUNTIME_DIRECTORY: '/run/a' },
    '/run/a/control.sock',
  ],
  ['in the first of several', undefined, { RUNTIME_DIRECTORY: '/run/a:/run/b' }, '/run/a/control.sock'],
])('a relay is commanded %s, and asked there', (_, given, env, path) => {
  expect([controlPath(given, env), controlPathToAsk(given, env)]).toEqual([path, path]);
});

it.each([{}, { RUNTIME_DIRECTORY: '' }])(
  'is commanded nowhere else, and looked for where the unit has it',
  (env) => {
    expect(controlPath(undefined, env)).toBeUndefined();
    expect(controlPathToAsk(undefined, env)).toBe('/run/relay-server/control.sock');
  },
);

it.each([
  ['/given', { STATE_DIRECTORY: '/var/lib/a' }, '/given'],
  [undefined, { STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }, '/var/lib/a'],
  [undefined, { STATE_DIRECTORY: '' }, undefined],
  [undefined, {}, undefined],
])('keeps its state in %j, with %j: %j', (given, env, directory) => {
  expect(stateDirectory(given, env)).toBe(directory);
});
