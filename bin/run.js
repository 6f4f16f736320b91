'use strict';

/** Runs `relay-<name>`, whose main() gives the exit code. */
module.exports = async (name) => {
  // Until it has one: nothing that is left to wait for is no success.
  process.exitCode = 1;
  const { main } = await import(`../dist/cli/${name}.js`);
  process.exitCode = await main(process.argv, process.env);
};
