// One more axis for every operation: for each position of it, the same as the operation by itself.
import { describe, expect, test } from 'vitest';
import { type PlainCall, vectorize } from '../../src/autodiff/vectorize.ts';
import { GraphBuilder } from '../../src/graph/build.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { OP_NAMES, OPS } from '../../src/graph/ops/table.ts';
import { type Extents, real } from '../../src/graph/type.ts';
import { verify } from '../../src/graph/verify.ts';
import { indexTensor, realTensor, type Tensor, zeros } from '../../src/tensor/tensor.ts';
import { type Sample, sampleGraph, sampleInputs, sampleOp } from '../graph/sample-op.ts';

const POSITIONS = 3;

/** Tensors one beside the other along a new axis. */
function stack(parts: readonly Tensor[], at: number): Tensor {
  const [{ element, shape }] = parts;
  const out = zeros(element, shape.toSpliced(at, 0, parts.length));
  const inner = shape.slice(at).reduce((n, d) => n * d, 1);
  parts.forEach(({ data }, k) => {
    data.forEach((value, i) => {
      const [row, rest] = [Math.floor(i / inner), i % inner];
      out.data[(row * parts.length + k) * inner + rest] = value;
    });
  });
  return out;
}

/** Another sample of the same call: its operands with their elements turned round. */
function turned(operand: Tensor, by: number): Tensor {
  const out = zeros(operand.element, operand.shape);
  const { length } = operand.data;
  for (let i = 0; i < length; i++) out.data[i] = operand.data[(i + by) % length];
  // A scalar cannot be turned: moved a little instead, inside its domain.
  if (length === 1 && operand.element === 'real') out.data[0] *= 1 - 0.01 * by;
  return out;
}

/** Every choice of operands that have the axis, at least one. */
function choices(count: number): readonly (readonly boolean[])[] {
  return Array.from({ length: 2 ** count - 1 }, (_, n) =>
    Array.from({ length: count }, (_, k) => Math.floor((n + 1) / 2 ** k) % 2 === 1),
  );
}

function check(sample: Sample, has: readonly boolean[], place: number): void {
  const plain = sampleGraph(sample);
  const [output] = plain.outputs;
  const call = plain.nodes[output.node];
  if (call.kind !== 'call') throw new Error('a sample is a call');
  const names = plain.inputs.map((id) => {
    const node = plain.nodes[id];
    return node.kind === 'input' ? node.name : '';
  });

  const builder = new GraphBuilder(sample.op);
  const whole = new Map<string, Tensor>();
  const alone = Array.from({ length: POSITIONS }, () => new Map(sampleInputs(sample)));
  const operands = sample.types.map(({ element, shape }, k) => {
    const at = has[k] ? Math.min(place, shape.length) : undefined;
    const type = { element, shape: at === undefined ? shape : shape.toSpliced(at, 0, 'K') };
    const own = alone[0].get(names[k])!;
    if (at !== undefined) {
      const parts = alone.map((_, by) => turned(own, by));
      for (const [by, inputs] of alone.entries()) inputs.set(names[k], parts[by]);
      whole.set(names[k], stack(parts, at));
    } else whole.set(names[k], own);
    return { node: builder.input(names[k], type, 'input'), at };
  });
  const at = Math.min(place, call.type.shape.length);
  builder.output('y', vectorize(builder, call as PlainCall, operands, 'K', at));
  const graph = builder.finish();
  expect(verify(graph)).toEqual([]);
  const expected = alone.map((inputs) => evaluate(plain, inputs, sample.extents).get('y')!);
  const extents: Extents = new Map([...sample.extents, ['K', POSITIONS]]);
  const given = evaluate(graph, whole, extents).get('y')!;
  expect(given.shape).toEqual(stack(expected, at).shape);
  const [found, wanted] = [given.data, stack(expected, at).data];
  for (let i = 0; i < wanted.length; i++) expect(found[i]).toBeCloseTo(wanted[i], 12);
}

const withOperands = OP_NAMES.filter((op) => OPS[op].arity !== 0);

describe.each(withOperands)('%s', (op) => {
  test.each(sampleOp(op).map((sample) => [sample.title, sample] as const))('%s', (_, sample) => {
    for (const has of choices(sample.types.length)) {
      // There is no one step and seed for each position.
      if (op === 'uniform' && has.every((one) => one)) continue;
      for (const place of [0, 1, 2]) {
        // The axes of uniform's result have their places, and its operands have one axis at most.
        if (op === 'uniform' && sample.types.some(({ shape }, k) => has[k] && shape.length > 0)) continue;
        check(sample, has, place);
      }
    }
  });
});

test('a gather outside of its table is not a number, whether the table is one or many', () => {
  const builder = new GraphBuilder('gather');
  const table = builder.input('table', real('K', 2), 'input');
  const at = builder.input('at', { element: 'index', shape: ['K'] }, 'input');
  const call: PlainCall = { op: 'gather', attributes: {}, type: real() };
  const operands = [
    { node: table, at: 0 },
    { node: at, at: 0 },
  ];
  builder.output('y', vectorize(builder, call, operands, 'K', 0));
  const inputs = new Map([
    ['table', realTensor([4, 2], [1, 2, 3, Infinity, 5, 6, 7, 8])],
    ['at', indexTensor([4], [1, 0, 2, -1])],
  ]);
  expect([...evaluate(builder.finish(), inputs).get('y')!.data]).toEqual([2, 3, NaN, NaN]);
});
