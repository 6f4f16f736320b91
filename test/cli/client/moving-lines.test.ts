import { expect, it } from 'vitest';
import { MovingLines } from '../../../src/cli/client/moving-lines.js';
import { shownOn } from '../../helpers/terminal.js';

function terminal(columns: number, rows = 24) {
  const state = { text: '', columns, rows, write: (text: string) => void (state.text += text) };
  return { state, lines: new MovingLines(state) };
}

it('draws over what was drawn, and leaves nothing behind', () => {
  const { state, lines } = terminal(40);
  state.write('above\n');
  lines.draw(['1:  10%', '2:  20%']);
  lines.draw(['1:  11%']);
  expect(shownOn(40, state.text)).toEqual(['above', '1:  11%']);
  lines.clear();
  lines.clear();
  state.write('below\n');
  expect(shownOn(40, state.text)).toEqual(['above', 'below']);
});

it('writes nothing where nothing has changed', () => {
  const { state, lines } = terminal(40);
  lines.draw(['same']);
  const { length } = state.text;
  lines.draw(['same']);
  expect(state.text).toHaveLength(length);
});

it('takes away all of a line that a narrower terminal has wrapped, wide characters too', () => {
  for (const line of ['x'.repeat(79), '写'.repeat(39)]) {
    const { state, lines } = terminal(80);
    lines.draw([line]);
    state.columns = 40;
    lines.draw(['narrow']);
    // As it is shown by a terminal that wraps anew what stands on it: most do.
    expect(shownOn(40, state.text)).toEqual(['narrow']);
  }
});

it('draws no more lines than there are rows above the cursor', () => {
  const { state, lines } = terminal(40, 5);
  lines.draw(Array.from({ length: 16 }, (_, i) => `${i + 1}:`));
  expect(shownOn(40, state.text)).toEqual(['1:', '2:', '3:', '4:']);
});
