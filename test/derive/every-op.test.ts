// Every operation of the table, as it is written: the formula is read back and gives what the reference gives.
import { expect, test } from 'vitest';
import { evaluateDerivation } from '../../src/derive/evaluate.ts';
import { Formulas } from '../../src/derive/formulas.ts';
import { keyOf, Places } from '../../src/derive/places.ts';
import { readDerivation } from '../../src/derive/read.ts';
import { writeEquations } from '../../src/derive/text.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { OP_NAMES } from '../../src/graph/ops/table.ts';
import { sampleEveryOp, sampleGraph, sampleInputs } from '../graph/sample-op.ts';

/** Without named axes: a derivation is of one step of one sequence. */
const samples = sampleEveryOp().filter(({ op, types, attributes }) => {
  const dims = [...types.flatMap(({ shape }) => shape), ...Object.values(attributes).flat()];
  return op !== 'uniform' && !dims.some((d) => d === 'T' || d === 'B');
});

test('all of them have samples', () => {
  const there = new Set(samples.map(({ op }) => op));
  // Noise has a name, and is given.
  expect(OP_NAMES.filter((op) => !there.has(op))).toEqual(['uniform']);
});

test.each(samples.map((sample) => [sample.title, sample] as const))('%s', (_, sample) => {
  const graph = sampleGraph(sample);
  const inputs = sampleInputs(sample);
  const places = new Places(graph);
  const names = new Map(
    graph.inputs.map((id) => {
      const node = graph.nodes[id];
      return [keyOf({ scan: undefined, node: id }), node.kind === 'input' ? node.name : ''];
    }),
  );
  const none = new Map<string, number>();
  const formulas = new Formulas({
    places,
    names,
    sizes: none,
    hyperparameters: none,
    states: new Map(),
    backward: new Set(),
    steps: 'T',
  });
  const place = { scan: undefined, node: graph.outputs[0].node };
  const formula = formulas.inShape(formulas.part(place), places.typeOf(place));
  const text = `once\n${writeEquations([{ name: 'result', at: undefined, formula }], 4).join('\n')}`;
  const once = new Map(
    [...inputs].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }] as const),
  );
  const found = evaluateDerivation(readDerivation(text), { once, steps: new Map() }, 1).once.get('result');
  const wanted = evaluate(graph, inputs).get(graph.outputs[0].name)!;
  expect(found?.shape, text).toEqual(wanted.shape);
  wanted.data.forEach((x, i) => {
    const y = found!.data[i];
    expect(
      Object.is(x, y) || Math.abs(x - y) <= 1e-14 * Math.max(1, Math.abs(x)),
      `${text}: ${x}, ${y}`,
    ).toBe(true);
  });
});
