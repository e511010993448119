// A slope that somebody has chosen. Differences do not see it; but where the slope that is given is the function's own,
// all derivatives are those of the function, of every order and in both modes.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { gradient, vjp } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph, NodeId } from '../../src/graph/graph.ts';
import { real } from '../../src/graph/type.ts';
import { indexTensor, realTensor } from '../../src/tensor/tensor.ts';
import { scan, times } from './cells.ts';
import { distance, drawInputs, realInputs } from './differences.ts';
import { checkHessian, hessianError } from './hessian.ts';

const three = (builder: GraphBuilder): [NodeId, NodeId, NodeId] => [
  builder.input('a', real(2), 'input'),
  builder.input('s', real(2), 'input'),
  builder.input('y', real(2), 'input'),
];
const values = new Map([
  ['a', realTensor([2], [1, 2])],
  ['s', realTensor([2], [10, 20])],
  ['y', realTensor([2], [7, 8])],
]);
const wrt = ['a', 's', 'y'];

function bare(): Graph {
  const builder = new GraphBuilder('surrogate');
  builder.output('z', builder.apply('surrogate', ...three(builder)));
  return builder.finish();
}

test('the value of the third operand, the slope of the second by the first, and nothing else', () => {
  const back = vjp(bare(), { outputs: ['z'], wrt });
  const found = evaluate(back, new Map([...values, ['cotangent.z', realTensor([2], [1, -1])]]));
  expect([...found.get('z')!.data]).toEqual([7, 8]);
  expect([...found.get('grad.a')!.data]).toEqual([10, -20]);
  for (const name of ['grad.s', 'grad.y']) expect([...found.get(name)!.data].map(Math.abs)).toEqual([0, 0]);

  const forward = jvp(bare(), { wrt, outputs: ['z'] });
  const tangents = wrt.map(
    (name, k) => [`tangent.${name}`, realTensor([2], [k === 0 ? 1 : 100, 3])] as const,
  );
  const moved = evaluate(forward, new Map([...values, ...tangents]));
  expect([...moved.get('tangent.z')!.data]).toEqual([10, 60]);
});

/** A cell whose tanh is written with its slope, 1 - tanh^2, or is left to itself. */
function cell(withSlope: boolean): Graph {
  const builder = new GraphBuilder('cell');
  const x = builder.input('x', real('T', 2), 'input');
  const W = builder.input('W', real(2, 2), 'parameter');
  const h0 = builder.input('h0', real(2), 'state');
  const { summed } = scan(
    builder,
    { carries: [['h', h0]], sequences: [['x', x]], captures: [['W', W]] },
    (s, { at }) => {
      const z = s.apply('add', times(s, at('W'), at('h')), at('x'));
      const y = s.apply('tanh', z);
      const slope = s.apply('sub', s.constant(1, [2]), s.apply('mul', y, y));
      const h = withSlope ? s.apply('surrogate', z, slope, y) : y;
      return { carried: [h], summed: [['loss', s.sum(s.apply('mul', h, h), [0])]] };
    },
  );
  builder.output('loss', summed[0], 'steps');
  return builder.finish();
}

const extents = new Map([
  ['T', 4],
  ['B', 3],
]);

describe('a function with its own slope', () => {
  const graph = batch(cell(true), { lengths: true });
  const plain = batch(cell(false), { lengths: true });
  const inputs = drawInputs(graph, extents, 1, new Map([['lengths', indexTensor([3], [4, 1, 2])]]));

  test('has its gradients', () => {
    const wrt = realInputs(graph);
    const [own, expected] = [graph, plain].map((form) => {
      return evaluate(gradient(form, { output: 'loss', wrt }), inputs, extents);
    });
    expect(wrt).toEqual(['x', 'W', 'h0']);
    for (const name of wrt.map((input) => `grad.${input}`)) {
      expect(distance(own.get(name)!, expected.get(name)!)).toBeLessThan(1e-14);
    }
  });

  test('has its second derivatives', () => {
    checkHessian({ graph, inputs, extents });
    expect(hessianError({ graph, inputs, extents })).toBeLessThan(1e-8);
  });
});
