import { it } from 'vitest';
import { upgradesUnderWay } from './upgrades-under-way.js';

it('ten upgrades, with a transfer at full speed and people who come all the time: nobody is lost', () =>
  upgradesUnderWay(10));
