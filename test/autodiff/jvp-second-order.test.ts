// Hessian-vector products of a loss: forward mode over reverse mode, reverse over forward, forward over forward, and
// differences of gradients agree; and the Hessian is symmetric.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { bool, type Extents, real } from '../../src/graph/type.ts';
import { boolTensor, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { lstmWithLoss, scan, simpleRnn, times } from './cells.ts';
import { drawInputs } from './differences.ts';
import { checkHessian, hessianError, type Place } from './hessian.ts';

function hold(place: Place, differences = 1e-8): void {
  checkHessian(place);
  expect(hessianError(place)).toBeLessThan(differences);
}

const extents: Extents = new Map([
  ['T', 4],
  ['B', 3],
]);
const lengths = new Map([['lengths', indexTensor([3], [4, 1, 2])]]);

describe.each(Object.entries({ simpleRnn, lstmWithLoss }))('%s', (_, make) => {
  test.each([{}, { startGiven: true }, { startGiven: true, reverse: true }])('%j', (option) => {
    const graph = make({ ...option, n: 2, m: 3 });
    hold({ graph, inputs: drawInputs(graph, extents, 1), extents });
    const many = batch(graph, { lengths: true });
    hold({ graph: many, inputs: drawInputs(many, extents, 1, lengths), extents });
  });

  test('states that are zero, exactly', () => {
    const graph = batch(make({ startGiven: true, n: 2, m: 3 }), { lengths: true });
    const zeros = ['state.h', 'state.c'].map((name) => [name, realTensor([3, 3])] as const);
    const given = new Map([...lengths, ...zeros]);
    hold({ graph, inputs: drawInputs(graph, extents, 1, given), extents });
  });
});

test('a cell with choices, and slopes that are infinite in the branch not taken', () => {
  const g = new GraphBuilder('choices');
  const x = g.input('x', real('T', 2), 'input');
  const W = g.input('W', real(2, 2), 'parameter');
  const h0 = g.input('h0', real(2), 'state');
  const { summed } = scan(
    g,
    { carries: [['h', h0]], sequences: [['x', x]], captures: [['W', W]] },
    (s, { at }) => {
      const z = s.apply('tanh', times(s, at('W'), s.apply('add', at('h'), at('x'))));
      const isLarge = s.apply('lt', s.constant(0, [2]), z);
      const h = s.apply(
        'select',
        isLarge,
        s.apply('mul', s.apply('sqrt', z), at('x')),
        s.apply('sin', at('h')),
      );
      const norm = s.apply('sqrt', s.apply('max', z, s.constant(0, [2])));
      const term = s.sum(s.apply('mul', s.apply('mul', h, h), s.apply('exp', norm)), [0]);
      return { carried: [h], summed: [['loss', term]] };
    },
  );
  g.output('loss', summed[0], 'steps');
  const graph = batch(g.finish(), { lengths: true });
  hold({ graph, inputs: drawInputs(graph, extents, 1, lengths), extents }, 1e-7);
});

test('a choice between two cells, where the state and so its cotangent is zero, exactly', () => {
  const g = new GraphBuilder('zero');
  const x = g.input('x', real('T', 2), 'input');
  const c = g.input('c', bool('T'), 'input');
  const W = g.input('W', real(2, 2), 'parameter');
  const h0 = g.input('h0', real(2), 'state');
  const { summed } = scan(
    g,
    {
      carries: [['h', h0]],
      sequences: [
        ['x', x],
        ['c', c],
      ],
      captures: [['W', W]],
    },
    (s, { at }) => {
      const quiet = s.apply('sin', times(s, at('W'), at('h')));
      const loud = s.apply('tanh', s.apply('add', at('h'), at('x')));
      const h = s.apply('select', s.broadcast(at('c'), [2], []), quiet, loud);
      return { carried: [h], summed: [['loss', s.sum(s.apply('mul', h, h), [0])]] };
    },
  );
  g.output('loss', summed[0], 'steps');
  const graph = batch(g.finish(), { lengths: true });
  const given = new Map<string, Tensor>([
    ...lengths,
    ['h0', realTensor([3, 2])],
    ['c', boolTensor([4, 3], [1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1])],
  ]);
  hold({ graph, inputs: drawInputs(graph, extents, 1, given), extents });
});
