// docs/autodiff.md says what is: its graphs are what is printed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkpoint } from '../../src/autodiff/checkpoint.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { printGraph } from '../../src/graph/print.ts';
import { real } from '../../src/graph/type.ts';
import { scan } from './cells.ts';

const document = readFileSync(new URL('../../docs/autodiff.md', import.meta.url), 'utf8');

function leaky(): Graph {
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
  return g.finish();
}

test('the gradient of the leaky cell', () => {
  expect(document).toContain(printGraph(vjp(leaky(), { outputs: ['h'], wrt: ['x', 'w'] })));
});

test('the leaky cell in segments', () => {
  expect(document).toContain(printGraph(checkpoint(leaky(), { steps: 8 })));
});

test('its tangent', () => {
  expect(document).toContain(printGraph(jvp(leaky(), { outputs: ['h'], wrt: ['x', 'w'] })));
});
