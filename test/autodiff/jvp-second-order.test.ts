// Hessian-vector products of a loss: forward mode over reverse mode, reverse over forward, forward over forward, and
// differences of gradients agree; and the Hessian is symmetric.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { jvp } from '../../src/autodiff/jvp.ts';
import { gradient } from '../../src/autodiff/vjp.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { bool, type Extents, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { boolTensor, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';
import { lstmWithLoss, scan, simpleRnn, times } from './cells.ts';
import { distance, drawInputs, realInputs, type Values } from './differences.ts';
import { directionOf, slopesAlong, tangents } from './tangents.ts';

const TOLERANCE = 1e-11;

/** The loss of a program, and a place where its Hessian is asked for. */
interface Place {
  readonly graph: Graph;
  readonly inputs: Values;
  readonly extents: Extents;
}

/** H v by the name of the input: the tangents of the gradients. */
function forwardOverReverse({ graph, inputs, extents }: Place, v: Values): Values {
  const wrt = [...v.keys()];
  const outputs = wrt.map((name) => `grad.${name}`);
  const found = tangents(gradient(graph, { output: 'loss', wrt }), inputs, v, outputs, extents);
  return new Map(wrt.map((name) => [name, found.get(`grad.${name}`)!]));
}

/** H v: the gradients of the tangent. */
function reverseOverForward({ graph, inputs, extents }: Place, v: Values): Values {
  const wrt = [...v.keys()];
  const both = gradient(jvp(graph, { wrt, outputs: ['loss'] }), { output: 'tangent.loss', wrt });
  expect(verify(both)).toEqual([]);
  const given = [...v].map(([name, value]) => [`tangent.${name}`, value] as const);
  const found = evaluate(both, new Map([...inputs, ...given]), extents);
  return new Map(wrt.map((name) => [name, found.get(`grad.${name}`)!]));
}

/** u H v: the tangent of a tangent. */
function forwardOverForward({ graph, inputs, extents }: Place, u: Values, v: Values): number {
  const wrt = [...v.keys()];
  const first = jvp(graph, { wrt, outputs: ['loss'] });
  const given = [...v].map(([name, value]) => [`tangent.${name}`, value] as const);
  // The first tangents' names are taken.
  const renamed = rename(first, (name) => (name.startsWith('tangent.') ? `first.${name}` : name));
  const values = new Map([...inputs, ...given.map(([name, value]) => [`first.${name}`, value] as const)]);
  return tangents(renamed, values, u, ['first.tangent.loss'], extents).get('first.tangent.loss')!.data[0];
}

function rename(graph: Graph, name: (name: string) => string): Graph {
  const nodes = graph.nodes.map((node) =>
    node.kind === 'input' ? { ...node, name: name(node.name) } : node,
  );
  return {
    ...graph,
    nodes,
    outputs: graph.outputs.map((output) => ({ ...output, name: name(output.name) })),
  };
}

function inner(u: Values, v: Values): number {
  let sum = 0;
  for (const [name, { data }] of u) {
    const other = v.get(name)!.data;
    for (let i = 0; i < data.length; i++) sum += data[i] * other[i];
  }
  return sum;
}

/** Holds all of it at one place, by all real inputs. */
function check(place: Place, differences = 1e-8): void {
  const { graph, inputs, extents } = place;
  const wrt = realInputs(graph);
  const [u, v] = [directionOf(inputs, wrt, 2), directionOf(inputs, wrt, 3)];
  const Hv = forwardOverReverse(place, v);
  const other = reverseOverForward(place, v);
  for (const name of wrt) expect(distance(Hv.get(name)!, other.get(name)!)).toBeLessThan(TOLERANCE);

  const slopes = slopesAlong(
    gradient(graph, { output: 'loss', wrt }),
    inputs,
    v,
    wrt.map((name) => `grad.${name}`),
    extents,
  );
  for (const name of wrt)
    expect(distance(Hv.get(name)!, slopes.get(`grad.${name}`)!)).toBeLessThan(differences);

  const [uHv, vHu] = [inner(u, Hv), inner(v, forwardOverReverse(place, u))];
  const size = Math.max(Math.abs(uHv), Math.abs(vHu), 1e-3);
  expect(Math.abs(uHv)).toBeGreaterThan(1e-3);
  expect(Math.abs(uHv - vHu) / size).toBeLessThan(TOLERANCE);
  expect(Math.abs(uHv - forwardOverForward(place, u, v)) / size).toBeLessThan(TOLERANCE);
}

const extents: Extents = new Map([
  ['T', 4],
  ['B', 3],
]);
const lengths = new Map([['lengths', indexTensor([3], [4, 1, 2])]]);

describe.each(Object.entries({ simpleRnn, lstmWithLoss }))('%s', (_, make) => {
  test.each([{}, { startGiven: true }, { startGiven: true, reverse: true }])('%j', (option) => {
    const graph = make({ ...option, n: 2, m: 3 });
    check({ graph, inputs: drawInputs(graph, extents, 1), extents });
    const many = batch(graph, { lengths: true });
    check({ graph: many, inputs: drawInputs(many, extents, 1, lengths), extents });
  });

  test('states that are zero, exactly', () => {
    const graph = batch(make({ startGiven: true, n: 2, m: 3 }), { lengths: true });
    const zeros = ['state.h', 'state.c'].map((name) => [name, realTensor([3, 3])] as const);
    const given = new Map([...lengths, ...zeros]);
    check({ graph, inputs: drawInputs(graph, extents, 1, given), extents });
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
  check({ graph, inputs: drawInputs(graph, extents, 1, lengths), extents }, 1e-7);
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
  check({ graph, inputs: drawInputs(graph, extents, 1, given), extents });
});
