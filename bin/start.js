'use strict';

// This file and the programs beside it are CommonJS, in the JavaScript of 2011: a Node.js that is too old for the rest has to
// read them, to say so.

var manifest = require('../package.json');

/** One line for people where this version of Node.js is too old, like '18.20.8'; else undefined. */
function tooOld(tool, version) {
  var own = version.split('.').map(Number);
  // Of each major version that it runs on: the least minor one.
  var needed = manifest.engines.node.match(/\d+\.\d+/g);
  for (var i = 0; i < needed.length; i += 1) {
    var least = needed[i].split('.').map(Number);
    if (own[0] === least[0] && own[1] >= least[1]) return undefined;
    if (own[0] <= least[0])
      return (
        tool +
        ': it needs Node.js ' +
        needed[i] +
        ' or later, and this one is ' +
        version +
        '. Install a newer one: https://nodejs.org/en/download'
      );
  }
  return undefined;
}

/** Runs `relay-<name>`. */
function start(name) {
  var problem = tooOld('relay-' + name, process.versions.node);
  if (problem === undefined) {
    require('./run.js')(name);
    return;
  }
  process.stderr.write(problem + '\n');
  process.exitCode = 1;
}

module.exports = { start: start, tooOld: tooOld };
