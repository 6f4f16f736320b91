// Builds the package, for `npm install` in a clone, and for an installation straight from git.

import { execSync } from 'node:child_process';
import { cpSync, lstatSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const run = (command) => execSync(command, { stdio: 'inherit' });

// `npm install -g git+https://…` prepares its own clone by an npm that takes itself for a global one, too: it installs nothing
// that builds, and puts a link to the clone, which does not last, where the package is being unpacked (npm/cli#8440, #3692).
// Mend both. What the package depends on is bundled: npm unpacks that behind the package, and so behind all this.
if (process.env._PACOTE_NO_PREPARE_ !== undefined && process.env.npm_config_global === 'true') {
  const place = join(execSync('npm root --global', { encoding: 'utf8' }).trim(), 'relay-server');
  if (lstatSync(place).isSymbolicLink() && realpathSync(place) === process.cwd()) {
    rmSync(place);
    // That npm links to the programs next.
    cpSync('bin', join(place, 'bin'), { recursive: true });
  }
  run('npm ci --no-global --include=dev --ignore-scripts --no-audit --no-fund');
}

run('npm run build');
