// Fission: what is not recurrent leaves the loop and becomes one operation over the whole sequence, before the loop if
// it depends on no carry and after it otherwise; what is recurrent stays, each component in a loop of its own as far as
// there is a product in it. A summed result whose terms are products becomes one product over time.
//
// Policy, where there is a choice:
// - Products with a value that is the same at every step, rows of such a table, and uniform noise leave, with all they
//   need. A product of two values of the step (an outer product) stays unless it is summed: all its steps would not
//   fit in memory.
// - Elementwise work that only a loop uses stays in it, and is done again in the next rather than written and read.
// - What the outside needs of a loop is cut where the fewest numbers have to be kept.
// - Elementwise work on what is outside anyway (a loss after its logits, a sum of what is stacked) leaves.
//
// Must not change: lengths. A loop leaves out what is after an end, an operation over the whole sequence does not: where
// somebody may look there (an output of the program; other loops of the same lengths do not), its result is selected. So
// are the terms of a sum over time that are there for each sequence; others have left out the ends themselves.

import { type PlainCall, spread, vectorize } from '../autodiff/vectorize.ts';
import {
  type CallNode,
  type Graph,
  type InputRole,
  isCall,
  type NodeId,
  operandsOf,
  type ScanNode,
  typeOf,
} from '../graph/graph.ts';
import { BATCH } from '../graph/type.ts';
import { buildScan, Draft, type Moved, moveScan, placeOf, rebuild, transcribe } from './draft.ts';
import { type Loop, type Plan, planFission, type Term } from './fission-plan.ts';
import type { Note, Pass } from './pass.ts';

export const fission: Pass = {
  name: 'fission',
  summary: 'takes out of loops over time what is not recurrent, as operations over the whole sequence',
  run(graph) {
    const notes: Note[] = [];
    return { graph: splitLoops(graph, notes), notes };
  },
};

/** The graph with its loops split; the same object if every loop is one of its own already. Notes are added. */
export function splitLoops(graph: Graph, notes: Note[] = []): Graph {
  return rebuild(graph, {
    scan(draft, scan, to, id) {
      const inner = { ...scan, body: splitLoops(scan.body, notes) };
      // What is computed again for each segment stays there: outside of it all steps would be kept.
      if (scan.segment !== undefined) return buildScan(draft, { ...moveScan(scan, to), body: inner.body });
      const plan = planFission(inner);
      if (plan.isTrivial) return buildScan(draft, { ...moveScan(scan, to), body: inner.body });
      notes.push(...describe(inner, plan));
      return new Splitter(draft, inner, to, plan).build(findSeen(graph, id, scan));
    },
  });
}

/** Which results somebody looks at after a sequence's end. */
function findSeen(graph: Graph, id: NodeId, scan: ScanNode): (index: number) => boolean {
  const seen = new Set<number>();
  const look = (operand: NodeId) => {
    const node = graph.nodes[operand];
    if (node.kind === 'result' && node.scan === id) seen.add(node.index);
  };
  for (const output of graph.outputs) look(output.node);
  for (const node of graph.nodes) {
    const isBlind =
      node.kind === 'scan' &&
      node.segment === undefined &&
      node.axis === scan.axis &&
      node.lengths === scan.lengths;
    if (isBlind) [...node.carries, ...node.captures].forEach(look);
    else if (node.kind !== 'result') operandsOf(node).forEach(look);
  }
  return (index) => seen.has(index);
}

/** Builds the parts of one scan as its plan says. */
class Splitter {
  readonly #draft: Draft;
  readonly #scan: ScanNode;
  readonly #to: Moved;
  readonly #plan: Plan;
  /** Values of the body outside; those that vary have the axis in front. */
  readonly #outside = new Map<NodeId, NodeId>();
  /** Last values of the carries, and sums that a loop has made. */
  readonly #carried = new Map<number, NodeId>();
  readonly #added = new Map<NodeId, NodeId>();

  constructor(draft: Draft, scan: ScanNode, to: Moved, plan: Plan) {
    this.#draft = draft;
    this.#scan = scan;
    this.#to = to;
    this.#plan = plan;
  }

  /** The results of the scan, in order. */
  build(isSeen: (index: number) => boolean): NodeId[] {
    const { body, carries, stacked, sequences, captures } = this.#scan;
    [...sequences, ...captures].forEach((operand, k) => {
      this.#outside.set(body.inputs[1 + carries.length + k], this.#to(operand));
    });
    transcribe(body, this.#draft, this.#outside, { omit: (id) => !this.#plan.fixed.has(id) });
    let stage = 0;
    for (const loop of this.#plan.loops) {
      this.#buildWhole(stage, loop.level);
      this.#buildLoop(loop);
      stage = loop.level + 1;
    }
    this.#buildWhole(stage, Number.POSITIVE_INFINITY);
    return body.outputs.map(({ node }, k) => {
      this.#draft.origin = body.nodes[node].origin;
      if (k < carries.length) return this.#carried.get(k)!;
      if (k < carries.length + stacked) return this.#stack(node, isSeen(k));
      return this.#sum(this.#plan.sums[k - carries.length - stacked]);
    });
  }

  /** Operations over the whole sequence that need loops before `last` and were not due before `first`. */
  #buildWhole(first: number, last: number): void {
    const { body, axis } = this.#scan;
    body.nodes.forEach((node, position) => {
      const id = position as NodeId;
      const stage = this.#plan.stageOf(id);
      if (node.kind !== 'call' || this.#plan.outside.get(id) !== 'whole') return;
      if (stage < first || stage > last) return;
      this.#draft.origin = node.origin;
      const operands = node.operands.map((operand) => ({
        node: this.#valueOf(operand),
        at: this.#plan.varies(operand) ? 0 : undefined,
      }));
      this.#outside.set(id, vectorize(this.#draft, node as PlainCall, operands, axis, 0));
    });
  }

  #valueOf(id: NodeId): NodeId {
    if (id === this.#scan.body.inputs[0] && !this.#outside.has(id)) {
      this.#outside.set(id, this.#draft.call('iota', [], { extent: this.#scan.axis }));
    }
    return placeOf(this.#outside, id);
  }

  #buildLoop(loop: Loop): void {
    const { body, carries, axis, reverse, lengths, origin } = this.#scan;
    const inner = new Draft(body.name);
    const values = new Map<NodeId, NodeId>();
    const addInput = (id: NodeId, role: InputRole) => {
      const node = body.nodes[id];
      const name = node.kind === 'input' ? node.name : node.kind === 'call' ? node.op : 'carried';
      values.set(id, inner.input(inner.unusedName(name), typeOf(body, id), role, node.origin));
    };
    addInput(body.inputs[0], 'step');
    for (const k of loop.carries) addInput(body.inputs[1 + k], 'carry');
    for (const id of loop.sequences) addInput(id, 'sequence');
    for (const id of loop.captures) addInput(id, 'capture');
    transcribe(body, inner, values, { omit: (id) => !loop.nodes.has(id) });

    const names = new Set<string>();
    const output = (id: NodeId, name: string) => inner.output(unusedName(names, name), placeOf(values, id));
    const nameOf = (id: NodeId) => {
      const node = body.nodes[id];
      const own = body.outputs.find((output, k) => k >= carries.length && output.node === id);
      return (
        own?.name ?? (node.kind === 'input' ? `prev.${node.name}` : node.kind === 'call' ? node.op : 'result')
      );
    };
    for (const k of loop.carries) output(body.outputs[k].node, body.outputs[k].name);
    for (const id of [...loop.stacked, ...loop.summed]) output(id, nameOf(id));

    const results = this.#draft.scan({
      axis,
      reverse,
      lengths: lengths === undefined ? undefined : this.#to(lengths),
      carries: loop.carries.map((k) => this.#to(carries[k])),
      sequences: loop.sequences.map((id) => this.#valueOf(id)),
      captures: loop.captures.map((id) => this.#valueOf(id)),
      body: inner.finish(),
      stacked: loop.stacked.length,
      summed: loop.summed.length,
      origin,
    });
    loop.carries.forEach((k, i) => {
      this.#carried.set(k, results.carried[i]);
    });
    loop.stacked.forEach((id, i) => {
      this.#outside.set(id, results.stacked[i]);
    });
    loop.summed.forEach((id, i) => {
      this.#added.set(id, results.summed[i]);
    });
  }

  /** A stacked result. What no loop has stacked is not zero after an end. */
  #stack(id: NodeId, isSeen: boolean): NodeId {
    const value = this.#everyStep(id);
    const isZero = this.#plan.outside.get(id) === 'stacked';
    return isSeen && !isZero ? this.#onlyAlive(value) : value;
  }

  /** The value at every step, also where it is the same at all. */
  #everyStep(id: NodeId): NodeId {
    const value = this.#valueOf(id);
    return this.#plan.varies(id) ? value : spread(this.#draft, value, this.#scan.axis, 0);
  }

  /** Zero where a sequence is not alive; as it is if it has no batch axis, or the loop no lengths. */
  #onlyAlive(value: NodeId): NodeId {
    const { axis, lengths } = this.#scan;
    const draft = this.#draft;
    const { element, shape } = draft.typeOf(value);
    const batch = shape.indexOf(BATCH);
    if (lengths === undefined || batch < 0) return value;
    const steps = [axis, BATCH];
    const position = draft.broadcast(draft.call('iota', [], { extent: axis }), steps, [0]);
    const end = draft.broadcast(this.#to(lengths), steps, [1]);
    const alive = draft.broadcast(draft.apply('lt', position, end), shape, [0, batch]);
    return draft.apply('select', alive, value, draft.constant(0, shape, element));
  }

  #sum(terms: readonly Term[]): NodeId {
    const sums = terms.map(({ node, how }) =>
      how === 'loop' ? placeOf(this.#added, node) : this.#sumWhole(node),
    );
    return sums.reduce((total, sum) => this.#draft.apply('add', total, sum));
  }

  /** A sum over time of one term. What is there for each sequence leaves out the steps after its end. */
  #sumWhole(id: NodeId): NodeId {
    const draft = this.#draft;
    const node = this.#scan.body.nodes[id];
    this.#draft.origin = node.origin;
    const isPerSequence = typeOf(this.#scan.body, id).shape.includes(BATCH);
    const operands = node.kind === 'call' ? node.operands : [];
    const isSplit = operands.length === 2 && operands.every((operand) => this.#plan.varies(operand));
    const take = (operand: NodeId) => {
      const value = this.#valueOf(operand);
      return isPerSequence ? this.#onlyAlive(value) : value;
    };
    if (isSplit && isCall(node, 'contract') && this.#plan.outside.get(id) === undefined) {
      const { left, right, out } = node.attributes;
      const time = unusedLetter(left + right);
      return draft.contract(take(operands[0]), take(operands[1]), {
        left: time + left,
        right: time + right,
        out,
      });
    }
    if (isSplit && isCall(node, 'scatter_add') && this.#plan.outside.get(id) === undefined) {
      return draft.call('scatter_add', [take(operands[0]), take(operands[1])], node.attributes);
    }
    const value = this.#everyStep(id);
    return draft.sum(isPerSequence ? this.#onlyAlive(value) : value, [0]);
  }
}

function unusedName(taken: Set<string>, name: string): string {
  let candidate = name;
  for (let n = 2; taken.has(candidate); n++) candidate = `${name}.${n}`;
  taken.add(candidate);
  return candidate;
}

function unusedLetter(taken: string): string {
  return [...'tuvwxyzabcdefghijklmnopqrs'].find((letter) => !taken.includes(letter))!;
}

/** What was done to a loop, in the terms of its equations. */
function describe(scan: ScanNode, plan: Plan): Note[] {
  const { body } = scan;
  const nameOf = (call: CallNode): string => {
    const names = call.operands.flatMap((operand) => {
      const node = body.nodes[operand];
      return node.kind === 'input' && node.role === 'capture' ? [node.name] : [];
    });
    return names.length === 0 ? 'a product' : `the product with ${names.join(' and ')}`;
  };
  const notes: Note[] = [];
  body.nodes.forEach((node, position) => {
    if (node.kind !== 'call' || plan.outside.get(position as NodeId) !== 'whole') return;
    const stage = plan.stageOf(position as NodeId) === 0 ? 'before' : 'after';
    const tell = (what: string) => {
      notes.push({
        message: `${what} is computed for all steps at once, ${stage} the loop`,
        origin: node.origin,
      });
    };
    if (isCall(node, 'contract')) tell(nameOf(node));
    if (isCall(node, 'gather')) tell('the look-up of rows');
    if (isCall(node, 'uniform')) tell('the random noise');
  });
  for (const { node: id, how } of plan.sums.flat()) {
    const node = body.nodes[id];
    if (how === 'whole' && isCall(node, 'contract')) {
      notes.push({
        message: 'a sum of products over time is one product, after the loop',
        origin: node.origin,
      });
    }
  }
  for (const loop of plan.loops) {
    for (const id of [...loop.nodes].sort((a, b) => a - b)) {
      const node = body.nodes[id];
      if (isCall(node, 'contract')) {
        notes.push({
          message: `${nameOf(node)} stays in the loop: it needs the step before`,
          origin: node.origin,
        });
      }
    }
  }
  return notes;
}
