// What a law is: something that holds for every program, on every case, up to a bound. The laws are a list (all.ts); what
// holds them on random cases is ../check-laws.ts.

import type { Program } from '../../check/program.ts';
import { evaluate } from '../../graph/evaluate.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Extents } from '../../graph/type.ts';
import type { Forms } from '../forms.ts';
import { type Case, drawInputs, extentsOf } from '../random-case.ts';
import type { Gaps, Tensors } from './distance.ts';
import { inputShapes, padded, realShapes } from './parts.ts';
import { FLOAT64, illConditioned } from './rounding.ts';

/** Where a law is held: a program and one of its cases. */
export interface Place {
  readonly forms: Forms;
  /** The same program where the starts of its states are handed in. */
  readonly continuing: Forms;
  readonly drawn: Case;
}

/** What a law has found. */
export interface Finding {
  readonly gaps: Gaps;
  /** The names of what was not compared, since rounding alone decides it. */
  readonly leftOut: readonly string[];
}

export interface Law {
  /** In files and reports. */
  readonly name: string;
  /** What it says, as a line of a table. */
  readonly says: string;
  readonly bound: number;
  /** Why it says nothing of a program; undefined where it does. */
  exempt?(program: Program): string | undefined;
  /** The case that it is held on, where it needs other lengths than the drawn one has. */
  caseOf?(drawn: Case): Case;
  /** The arrays that it is held on; those of the case where it has none of its own. */
  inputsOf?(place: Place): Tensors;
  hold(place: Place, inputs: Tensors): Finding | Promise<Finding>;
}

/** The arrays of a place, as its law wants them. */
export function inputsFor(law: Law, place: Place): Tensors {
  const { program, backward } = place.forms;
  return law.inputsOf?.(place) ?? drawInputs(program, backward, place.drawn);
}

/** Leaves out what rounding decides, which is looked at only where something is broken. */
export function wellConditioned(found: Gaps, bound: number, ill: () => ReadonlySet<string>): Finding {
  const isBroken = (name: string): boolean => !(found.get(name)!.error <= bound);
  const broken = [...found.keys()].filter(isBroken);
  if (broken.length === 0) return { gaps: found, leftOut: [] };
  const names = ill();
  // `h of sequence 2` and `h, unrolled ...` are about h.
  const leftOut = broken.filter((name) => names.has(name.split(/[ ,]/)[0]));
  return { gaps: new Map([...found].filter(([name]) => !leftOut.includes(name))), leftOut };
}

/** `wellConditioned` for what is computed in float64 from these inputs by this graph. */
export function inFloat64(
  found: Gaps,
  bound: number,
  graph: Graph,
  inputs: Tensors,
  extents: Extents,
): Finding {
  return wellConditioned(found, bound, () => illConditioned(graph, inputs, extents, FLOAT64, bound));
}

/**
 * Whether all that a graph gives is numbers where its padding is: laws compare nothing else. (Padding that is none and
 * reaches a result is a broken law, and no reason to look away.)
 */
export function isNumeric(graph: Graph, inputs: Tensors, drawn: Case): boolean {
  const shapes = inputShapes(graph);
  const own = new Map([...inputs].filter(([name]) => shapes.has(name)));
  const outputs = evaluate(graph, padded(own, realShapes(graph), drawn.lengths, 0), extentsOf(drawn));
  return [...outputs.values()].every(({ data }) => data.every((x) => Number.isFinite(x)));
}
