// docs/autodiff.md says what is: its graph is what is printed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { printGraph } from '../../src/graph/print.ts';
import { real } from '../../src/graph/type.ts';
import { scan } from './cells.ts';

const document = readFileSync(new URL('../../docs/autodiff.md', import.meta.url), 'utf8');

test('the gradient of the leaky cell', () => {
  const g = new GraphBuilder('Leaky');
  const x = g.input('x', real('T'), 'input');
  const w = g.input('w', real(), 'parameter');
  const { stacked } = scan(
    g,
    { carries: [['h', g.constant(0)]], sequences: [['x', x]], captures: [['w', w]] },
    (s, { at }) => {
      const h = s.apply('tanh', s.apply('add', s.apply('mul', at('w'), at('h')), at('x')));
      return { carried: [h], stacked: [['h', h]] };
    },
  );
  g.output('h', stacked[0]);
  const printed = printGraph(vjp(g.finish(), { outputs: ['h'], wrt: ['x', 'w'] }));
  expect(document).toContain(printed);
});
