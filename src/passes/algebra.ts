// Algebra: each call is written by its simplest equal form, found by looking at how its operands were made. The rules
// stand in three tables: elementwise.ts, shapes.ts, sums.ts.
//
// Must not change: where a value is a NaN or infinite, it stays so (x * 0 is not 0). The sign of a zero may change, and
// a sum may be taken in another order. Always pays: a rule makes fewer operations, or smaller ones.

import type { Graph } from '../graph/graph.ts';
import { type Draft, rebuild } from './draft.ts';
import { elementwise } from './elementwise.ts';
import type { Pass } from './pass.ts';
import { shapes } from './shapes.ts';
import { sums } from './sums.ts';
import { type Rules, Writer } from './writer.ts';

export const algebra: Pass = {
  name: 'algebra',
  summary: 'folds constants and writes each operation in its simplest form',
  run: (graph) => ({ graph: simplifyCalls(graph), notes: [] }),
};

const RULES: Rules = { ...elementwise, ...shapes, ...sums };

/** A writer of calls in their simplest form. */
function simplifyingWriter(draft: Draft): Writer {
  return new Writer(draft, RULES);
}

/** The graph with every call in its simplest form; the same object if all are. */
export function simplifyCalls(graph: Graph): Graph {
  return rebuild(graph, {
    call: (draft, call, operands) => simplifyingWriter(draft).call(call.op, operands, call.attributes),
  });
}
