// Random scan bodies: gradients against central differences where the body is smooth, and against the unrolled graph
// where it need not be; alone and in a batch of unequal lengths.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import { unroll } from '../../src/autodiff/unroll.ts';
import { vjp } from '../../src/autodiff/vjp.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { verify } from '../../src/graph/verify.ts';
import { distance, drawInputs, gradientError, realInputs, realOutputs } from './differences.ts';
import { ALL, ALONE, EXTENTS, graphOf, planOf, SMOOTH, TOGETHER } from './random-bodies.ts';

test('smooth bodies: gradients are central differences', () => {
  fc.assert(
    fc.property(planOf(Object.keys(SMOOTH)), fc.boolean(), (plan, isBatch) => {
      const graph = isBatch ? batch(graphOf(plan), { lengths: true }) : graphOf(plan);
      expect(gradientError(graph, EXTENTS, { inputs: isBatch ? TOGETHER : ALONE })).toBeLessThan(1e-7);
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('all bodies: to differentiate and to unroll may change places', () => {
  fc.assert(
    fc.property(planOf(Object.keys(ALL)), fc.boolean(), (plan, isBatch) => {
      const graph = isBatch ? batch(graphOf(plan), { lengths: true }) : graphOf(plan);
      const request = { outputs: realOutputs(graph), wrt: realInputs(graph) };
      const scanned = vjp(graph, request);
      const flat = vjp(unroll(graph, { steps: 4 }), request);
      expect([...verify(scanned), ...verify(flat)]).toEqual([]);
      const inputs = drawInputs(scanned, EXTENTS, 6, isBatch ? TOGETHER : ALONE);
      const [want, found] = [scanned, flat].map((one) => evaluate(one, inputs, EXTENTS));
      for (const [name, value] of want) expect(distance(value, found.get(name)!)).toBeLessThan(1e-12);
    }),
    { numRuns: 200, seed: 4 },
  );
});

test('gradients by some of the inputs are those by all of them', () => {
  fc.assert(
    fc.property(planOf(Object.keys(ALL)), fc.nat(), fc.nat(), (plan, first, second) => {
      const graph = graphOf(plan);
      const [outputs, wrt] = [realOutputs(graph), realInputs(graph)];
      const [output, input] = [outputs[first % outputs.length], wrt[second % wrt.length]];
      const all = vjp(graph, { outputs: [output], wrt });
      const one = vjp(graph, { outputs: [output], wrt: [input] });
      const inputs = drawInputs(all, EXTENTS, 7, ALONE);
      const [want, found] = [all, one].map((graph) => evaluate(graph, inputs, EXTENTS).get(`grad.${input}`)!);
      expect(distance(want, found)).toBeLessThan(1e-14);
    }),
    { numRuns: 100, seed: 5 },
  );
});
