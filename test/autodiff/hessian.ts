// Hessian-vector products of a loss: forward mode over reverse mode, reverse over forward, forward over forward, and
// differences of gradients.
import { expect } from 'vitest';
import { jvp } from '../../src/autodiff/jvp.ts';
import { gradient } from '../../src/autodiff/vjp.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Extents } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { distance, realInputs, type Values } from './differences.ts';
import { directionOf, slopesAlong, tangents } from './tangents.ts';

const TOLERANCE = 1e-11;

/** The loss of a program, and a place where its Hessian is asked for. */
export interface Place {
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

/** Three ways to the same H v, and a Hessian that is symmetric. */
export function checkHessian(place: Place): void {
  const wrt = realInputs(place.graph);
  const [u, v] = [directionOf(place.inputs, wrt, 2), directionOf(place.inputs, wrt, 3)];
  const [Hu, Hv] = [forwardOverReverse(place, u), forwardOverReverse(place, v)];
  for (const [name, value] of reverseOverForward(place, v)) {
    expect(distance(Hv.get(name)!, value)).toBeLessThan(TOLERANCE);
  }
  const [uHv, vHu] = [inner(u, Hv), inner(v, Hu)];
  const size = Math.max(Math.abs(uHv), Math.abs(vHu), 1e-3);
  expect(Math.abs(uHv - vHu) / size).toBeLessThan(TOLERANCE);
  expect(Math.abs(uHv - forwardOverForward(place, u, v)) / size).toBeLessThan(TOLERANCE);
}

/** H v, which is not nothing, against differences of gradients along v. */
export function hessianError(place: Place): number {
  const { graph, inputs, extents } = place;
  const wrt = realInputs(graph);
  const v = directionOf(inputs, wrt, 3);
  const Hv = forwardOverReverse(place, v);
  expect(Math.abs(inner(v, Hv))).toBeGreaterThan(1e-3);
  const outputs = wrt.map((name) => `grad.${name}`);
  const slopes = slopesAlong(gradient(graph, { output: 'loss', wrt }), inputs, v, outputs, extents);
  return Math.max(...wrt.map((name) => distance(Hv.get(name)!, slopes.get(`grad.${name}`)!)));
}
