// Forward mode on whole programs, those of models/ and of the laws: the identity with reverse mode, and the Hessian of each
// loss. A batch of unequal lengths, with NaN for padding.
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/autodiff/batch.ts';
import type { Program } from '../../src/check/program.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Extents } from '../../src/graph/type.ts';
import { type Case, drawInputs, extentsOf } from '../../src/study/random-case.ts';
import { SUBJECTS, type Subject } from '../laws/subjects.ts';
import { realInputs, realOutputs, type Values } from './differences.ts';
import { checkHessian } from './hessian.ts';
import { adjointGap, cotangentsWithin } from './tangents.ts';

const TOLERANCE = 1e-11;

function casesOf(sizes: readonly string[]): readonly Case[] {
  const all = (size: number) => Object.fromEntries(sizes.map((name) => [name, size]));
  return [
    { sizes: all(2), lengths: [3, 1], steps: 4, startingStates: true, numbers: 1 },
    { sizes: all(3), lengths: [3], steps: 3, startingStates: false, numbers: 2 },
  ];
}

interface Place {
  readonly program: Program;
  readonly graph: Graph;
  readonly inputs: Values;
  readonly extents: Extents;
  readonly cotangents: Values;
}

function placeOf({ programOf }: Subject, drawn: Case): Place {
  const program = programOf(drawn);
  const graph = batch(program.graph, { lengths: true });
  const extents = extentsOf(drawn);
  const cotangents = cotangentsWithin(graph, realOutputs(graph), extents, 1, drawn.lengths);
  return { program, graph, inputs: drawInputs(program, graph, drawn), extents, cotangents };
}

describe.each(SUBJECTS.map((subject) => [subject.name, subject] as const))('%s', (_, subject) => {
  const places = casesOf(subject.sizes).map((drawn) => placeOf(subject, drawn));
  const [{ program, ...first }] = places;

  test('the identity with reverse mode', () => {
    for (const { graph, extents, ...given } of places) {
      expect(adjointGap(graph, extents, given)).toBeLessThan(TOLERANCE);
    }
    // And along each input alone, of which much less varies.
    const { graph, extents, ...given } = first;
    for (const name of realInputs(graph)) {
      expect(adjointGap(graph, extents, { ...given, wrt: [name] })).toBeLessThan(TOLERANCE);
    }
  });

  if (program.loss === undefined) return;
  test('the Hessian of its loss', () => {
    checkHessian(first);
  });
});
