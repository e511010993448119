// Where each value of a loop's body is computed, decided before anything is built (fission.ts says by which policy).
//
// Carries that depend on each other through the steps form a component; so do the values on the way between them. These
// are what is recurrent. Loops are numbered from 0 in the order in which they run; *before loop k* everything is computed
// over the whole sequence that needs loops before k only.

import { invariant } from '../base/invariant.ts';
import {
  type CallNode,
  type Graph,
  isCall,
  type Node,
  type NodeId,
  operandsOf,
  type ScanNode,
} from '../graph/graph.ts';

/**
 * How a value gets where a whole sequence of it is needed: `whole`: one operation over the sequence; `stacked`: by the
 * loop that computes it, step by step.
 */
export type Outside = 'whole' | 'stacked';

/** A part of a summed result: the sum over time of one value. */
export interface Term {
  readonly node: NodeId;
  /** Added up in its loop, or over the whole sequence. */
  readonly how: 'loop' | 'whole';
}

export interface Loop {
  readonly level: number;
  /** Which of the scan's carries. */
  readonly carries: readonly number[];
  /** What the body computes. */
  readonly nodes: ReadonlySet<NodeId>;
  /** The body's inputs among the scan's captures, and what comes in step by step. */
  readonly captures: readonly NodeId[];
  readonly sequences: readonly NodeId[];
  readonly stacked: readonly NodeId[];
  readonly summed: readonly NodeId[];
}

export interface Plan {
  readonly loops: readonly Loop[];
  readonly outside: ReadonlyMap<NodeId, Outside>;
  /** Values that are the same at every step and needed outside. */
  readonly fixed: ReadonlySet<NodeId>;
  /** For each summed result the terms that make it up. */
  readonly sums: readonly (readonly Term[])[];
  /** Whether a value changes from step to step. */
  varies(id: NodeId): boolean;
  /** Leaves the loop in any case. */
  isHeavy(id: NodeId): boolean;
  /** The first loop that can use a value, and the loop before which it can be there as a whole. */
  levelOf(id: NodeId): number;
  stageOf(id: NodeId): number;
  /** Nothing leaves the loop, and it stays one. */
  readonly isTrivial: boolean;
}

export function planFission(scan: ScanNode): Plan {
  const levels = findLevels(scan);
  return new Planner(scan, levels).plan();
}

/** What is known of each value of the body. */
interface Levels {
  readonly varies: readonly boolean[];
  /** Depends on the position only: cheaper to compute than to read. */
  readonly isPositional: readonly boolean[];
  /** Can only be computed in the loop of its level: recurrent, or without an operation that takes all steps. */
  readonly isBound: readonly boolean[];
  /** Leaves the loop in any case: heavy work, and sums of its results (one value to read instead of two). */
  readonly isHeavy: readonly boolean[];
  /** The first loop in which it can be used. */
  readonly level: readonly number[];
  /** The loop before which it can be there as a whole. */
  readonly stage: readonly number[];
  /** The loop of each carry. */
  readonly carryLevel: readonly number[];
}

function findLevels(scan: ScanNode): Levels {
  const { body } = scan;
  const carryInputs = body.inputs.slice(1, 1 + scan.carries.length);
  const dependsOn = findDependence(body, carryInputs);
  const component = findComponents(scan, dependsOn);
  const feeds = findFeeding(scan);
  const captured = new Set(body.inputs.slice(body.inputs.length - scan.captures.length));

  const varies: boolean[] = [];
  const isPositional: boolean[] = [];
  const isBound: boolean[] = [];
  const isHeavy: boolean[] = [];
  // The component that a value is part of, or -1.
  const member: number[] = [];
  body.nodes.forEach((node, position) => {
    const id = position as NodeId;
    const operands = operandsOf(node);
    const isStep = id === body.inputs[0];
    varies[id] = node.kind === 'input' ? !captured.has(id) : operands.some((o) => varies[o]);
    const carry = carryInputs.indexOf(id);
    member[id] = carry >= 0 ? component[carry] : memberOf(dependsOn[id] ?? 0n, feeds[id] ?? 0n, component);
    isBound[id] = member[id] >= 0 || !canBeWhole(node, (o) => varies[o]);
    isHeavy[id] =
      node.kind === 'call' &&
      !isBound[id] &&
      varies[id] &&
      (isHeavyCall(node, (o) => varies[o]) || (node.op === 'add' && operands.every((o) => isHeavy[o])));
    isPositional[id] =
      isStep ||
      (node.kind === 'call' &&
        varies[id] &&
        !isHeavy[id] &&
        operands.every((o) => isPositional[o] || !varies[o]));
  });

  // Levels of components, each after those it needs. A component with a product in it gets a loop of its own.
  const componentLevel = new Map<number, number>();
  const taken = new Set<number>();
  let known = propagate(body, { varies, isBound, isHeavy, member, componentLevel });
  for (const root of orderComponents(scan, dependsOn, component)) {
    const inside = (id: NodeId) => member[id] === root;
    let level = 0;
    let hasProduct = false;
    const need = (id: NodeId) => {
      if (!inside(id)) level = Math.max(level, known.level[id]);
    };
    body.nodes.forEach((node, id) => {
      if (!inside(id as NodeId)) return;
      operandsOf(node).forEach(need);
      hasProduct ||= isCall(node, 'contract');
    });
    component.forEach((c, k) => {
      if (c === root) need(body.outputs[k].node);
    });
    if (hasProduct) {
      while (taken.has(level)) level++;
      taken.add(level);
    }
    componentLevel.set(root, level);
    known = propagate(body, { varies, isBound, isHeavy, member, componentLevel });
  }
  return {
    varies,
    isPositional,
    isBound,
    isHeavy,
    ...known,
    carryLevel: component.map((root) => componentLevel.get(root)!),
  };
}

/** For each value the carries that it depends on in the same step, as bits. */
function findDependence(body: Graph, carryInputs: readonly NodeId[]): bigint[] {
  const bits: bigint[] = [];
  body.nodes.forEach((node, id) => {
    const carry = carryInputs.indexOf(id as NodeId);
    bits[id] = carry >= 0 ? 1n << BigInt(carry) : operandsOf(node).reduce((all, o) => all | bits[o], 0n);
  });
  return bits;
}

/** For each value the carries whose next value needs it, as bits. */
function findFeeding(scan: ScanNode): bigint[] {
  const { body } = scan;
  const bits: bigint[] = body.nodes.map(() => 0n);
  scan.carries.forEach((_, k) => {
    bits[body.outputs[k].node] |= 1n << BigInt(k);
  });
  for (let id = body.nodes.length - 1; id >= 0; id--) {
    for (const operand of operandsOf(body.nodes[id])) bits[operand] |= bits[id];
  }
  return bits;
}

/** For each carry its component, named by the first carry in it. */
function findComponents(scan: ScanNode, dependsOn: readonly bigint[]): number[] {
  const reach = scan.carries.map((_, k) => dependsOn[scan.body.outputs[k].node]);
  reach.forEach((_, middle) => {
    reach.forEach((bits, k) => {
      if (has(bits, middle)) reach[k] |= reach[middle];
    });
  });
  return reach.map((bits, k) => {
    const first = reach.findIndex((other, j) => has(bits, j) && has(other, k));
    return first >= 0 ? Math.min(first, k) : k;
  });
}

function has(bits: bigint, k: number): boolean {
  return ((bits >> BigInt(k)) & 1n) === 1n;
}

/** The component on whose cycle a value lies: it depends on one of its carries and one of them depends on it. */
function memberOf(dependsOn: bigint, feeds: bigint, component: readonly number[]): number {
  if (dependsOn === 0n || feeds === 0n) return -1;
  return (
    component.find((root, k) => has(dependsOn, k) && component.some((c, j) => c === root && has(feeds, j))) ??
    -1
  );
}

/** The components, each after those that it depends on. */
function orderComponents(
  scan: ScanNode,
  dependsOn: readonly bigint[],
  component: readonly number[],
): number[] {
  const needs = new Map<number, Set<number>>();
  component.forEach((root, k) => {
    const set = needs.get(root) ?? new Set();
    needs.set(root, set);
    component.forEach((other, j) => {
      if (other !== root && has(dependsOn[scan.body.outputs[k].node], j)) set.add(other);
    });
  });
  const ordered: number[] = [];
  while (ordered.length < needs.size) {
    const before = ordered.length;
    for (const [root, set] of needs) {
      if (!ordered.includes(root) && [...set].every((c) => ordered.includes(c))) ordered.push(root);
    }
    invariant(ordered.length > before, `fission: components of ${scan.body.name} need each other`);
  }
  return ordered;
}

/** Levels and stages of all values, as far as the levels of components are known. */
function propagate(
  body: Graph,
  known: {
    readonly varies: readonly boolean[];
    readonly isBound: readonly boolean[];
    readonly isHeavy: readonly boolean[];
    readonly member: readonly number[];
    readonly componentLevel: ReadonlyMap<number, number>;
  },
): { level: number[]; stage: number[] } {
  const level: number[] = [];
  const stage: number[] = [];
  body.nodes.forEach((node, id) => {
    const operands = operandsOf(node);
    const highest = (of: readonly number[]) => operands.reduce((most, o) => Math.max(most, of[o]), 0);
    level[id] = known.componentLevel.get(known.member[id]) ?? highest(level);
    stage[id] = known.isBound[id] && known.varies[id] ? level[id] + 1 : highest(stage);
    if (known.isHeavy[id]) level[id] = stage[id];
  });
  return { level, stage };
}

/** Whether there is one operation that computes all steps of a value. */
function canBeWhole(node: Node, varies: (id: NodeId) => boolean): boolean {
  if (node.kind === 'scan' || node.kind === 'result') return false;
  // Noise of one seed at all steps, or of all seeds at one step; not of another seed at each step.
  return !isCall(node, 'uniform') || !node.operands.every(varies);
}

/** Worth an operation of its own over the whole sequence, wherever it is used. */
function isHeavyCall(call: CallNode, varies: (id: NodeId) => boolean): boolean {
  if (isCall(call, 'contract')) {
    const { left, out } = call.attributes;
    const isProduct = [...left].some((letter) => !out.includes(letter));
    return isProduct && call.operands.some((operand) => !varies(operand));
  }
  if (isCall(call, 'gather')) return !varies(call.operands[0]);
  return isCall(call, 'uniform');
}

class Planner {
  readonly #scan: ScanNode;
  readonly #body: Graph;
  readonly #levels: Levels;
  readonly #sequences: ReadonlySet<NodeId>;
  readonly #outside = new Map<NodeId, Outside>();

  constructor(scan: ScanNode, levels: Levels) {
    this.#scan = scan;
    this.#body = scan.body;
    this.#levels = levels;
    const first = 1 + scan.carries.length;
    this.#sequences = new Set(scan.body.inputs.slice(first, first + scan.sequences.length));
  }

  plan(): Plan {
    const { carries, stacked } = this.#scan;
    const { isHeavy, varies, level, stage, carryLevel } = this.#levels;
    const outputs = this.#body.outputs.map((output) => output.node);
    const terms = outputs.slice(carries.length + stacked).map((node) => this.#termsOf(node));
    const everyTerm = terms.flat();

    const wanted = new Set<NodeId>();
    isHeavy.forEach((heavy, id) => {
      if (heavy) wanted.add(id as NodeId);
    });
    for (const node of everyTerm) {
      if (!this.#isSummedProduct(node) || !this.#isOfStep(node)) continue;
      for (const operand of operandsOf(this.#body.nodes[node])) wanted.add(operand);
    }
    this.#settle(wanted);
    for (const node of outputs.slice(carries.length, carries.length + stacked)) this.#wantResult(node);
    const sums = terms.map((nodes) => nodes.map((node) => this.#placeTerm(node)));

    const levels = new Set(carryLevel);
    this.#levels.isBound.forEach((bound, id) => {
      if (bound && varies[id]) levels.add(this.#levels.level[id]);
    });
    const downwards = [...levels].sort((a, b) => b - a);
    const loops = downwards.map((own) => this.#planLoop(own, sums.flat())).reverse();

    const hasWhole = [...this.#outside.values()].includes('whole');
    const isTrivial =
      loops.length === 1 &&
      !hasWhole &&
      terms.every((nodes) => nodes.length === 1) &&
      sums.flat().every((term) => term.how === 'loop') &&
      outputs.slice(carries.length, carries.length + stacked).every((node) => this.#outside.has(node));
    return {
      loops,
      outside: this.#outside,
      fixed: this.#findFixed(everyTerm),
      sums,
      varies: (id) => varies[id],
      isHeavy: (id) => isHeavy[id],
      levelOf: (id) => level[id],
      stageOf: (id) => stage[id],
      isTrivial,
    };
  }

  /** The invariant values that operations over the whole sequence, or results, are made of. */
  #findFixed(terms: readonly NodeId[]): Set<NodeId> {
    const { nodes, outputs } = this.#body;
    const { varies } = this.#levels;
    const wanted = new Set<NodeId>([...outputs.map((output) => output.node), ...terms]);
    for (const id of [...this.#outside.keys(), ...terms]) {
      if (this.#outside.get(id) === 'stacked') continue;
      for (const operand of operandsOf(nodes[id])) wanted.add(operand);
    }
    const fixed = new Set<NodeId>();
    for (let position = nodes.length - 1; position >= 0; position--) {
      const id = position as NodeId;
      if (!wanted.has(id) || varies[id]) continue;
      fixed.add(id);
      for (const operand of operandsOf(nodes[id])) wanted.add(operand);
    }
    return fixed;
  }

  /** Computed by the last loop that it needs, so that it can be stacked or added up there. */
  #isAfterLoop(id: NodeId): boolean {
    const { level, stage } = this.#levels;
    return level[id] + 1 === stage[id];
  }

  /** Is there as a whole without anybody's doing: positions and the scan's own sequences. */
  #isGiven(id: NodeId): boolean {
    return id === this.#body.inputs[0] || this.#sequences.has(id);
  }

  /** Decides for all wanted values how they get outside, and for what these need. */
  #settle(wanted: Set<NodeId>): void {
    for (let position = this.#body.nodes.length - 1; position >= 0; position--) {
      const id = position as NodeId;
      if (!wanted.has(id) || !this.#levels.varies[id] || this.#isGiven(id) || this.#outside.has(id)) continue;
      const node = this.#body.nodes[id];
      if (this.#levels.isBound[id] || node.kind !== 'call') {
        this.#outside.set(id, 'stacked');
        continue;
      }
      const isCut = this.#isAfterLoop(id) && !this.#levels.isHeavy[id];
      if (
        isCut &&
        this.#isSmaller(
          id,
          this.#findFrontier(id, (o) => wanted.has(o)),
        )
      ) {
        this.#outside.set(id, 'stacked');
        continue;
      }
      this.#outside.set(id, 'whole');
      for (const operand of node.operands) wanted.add(operand);
    }
  }

  /** What loops would have to stack for a value to be computed outside, but for what is there already. */
  #findFrontier(root: NodeId, isThere: (id: NodeId) => boolean): NodeId[] {
    const { stage, isHeavy, isBound } = this.#levels;
    const frontier: NodeId[] = [];
    const seen = new Set<NodeId>();
    const pending = [...operandsOf(this.#body.nodes[root])];
    while (pending.length > 0) {
      const id = pending.pop()!;
      if (seen.has(id) || isThere(id) || stage[id] === 0 || isHeavy[id] || this.#outside.has(id)) continue;
      seen.add(id);
      if (isBound[id]) frontier.push(id);
      else pending.push(...operandsOf(this.#body.nodes[id]));
    }
    return frontier;
  }

  /** Whether to keep all steps of a value is less than to keep those of the others. */
  #isSmaller(id: NodeId, others: readonly NodeId[]): boolean {
    const total = others.reduce((sum, other) => sum + this.#sizeOf(other), 0);
    return this.#sizeOf(id) < total;
  }

  /** Elements at one step of one sequence: named axes are the same for all. */
  #sizeOf(id: NodeId): number {
    const node = this.#body.nodes[id];
    if (node.kind === 'scan') return 0;
    return node.type.shape.reduce<number>((size, d) => (typeof d === 'number' ? size * d : size), 1);
  }

  /** A stacked result: where it is computed decides, unless somebody needs it as a whole already. */
  #wantResult(id: NodeId): void {
    if (this.#outside.has(id) || !this.#levels.varies[id] || this.#isGiven(id)) return;
    if (this.#isAfterLoop(id)) this.#outside.set(id, 'stacked');
    else this.#settle(new Set([id]));
  }

  /** The values whose sums over time make up a summed result: a sum of two is the sum of both sums. */
  #termsOf(root: NodeId): NodeId[] {
    const leaves: NodeId[] = [];
    const pending = [root];
    while (pending.length > 0) {
      const id = pending.pop()!;
      const node = this.#body.nodes[id];
      if (isCall(node, 'add') && !this.#levels.isBound[id]) pending.push(...node.operands.toReversed());
      else leaves.push(id);
    }
    return leaves.some((leaf) => this.#isSummedProduct(leaf)) ? leaves : [root];
  }

  /** A product, or rows added up, whose sum over time is one operation with the time among what it adds up. */
  #isSummedProduct(id: NodeId): boolean {
    const node = this.#body.nodes[id];
    if (this.#levels.isBound[id] || !this.#levels.varies[id]) return false;
    return isCall(node, 'contract') || isCall(node, 'scatter_add');
  }

  /** Made of values that all vary with the step. */
  #isOfStep(id: NodeId): boolean {
    return operandsOf(this.#body.nodes[id]).every((operand) => this.#levels.varies[operand]);
  }

  #placeTerm(id: NodeId): Term {
    const isProduct = this.#isSummedProduct(id);
    if (!isProduct && this.#isAfterLoop(id) && !this.#isAtHand(id)) return { node: id, how: 'loop' };
    // A product of two values of the step is not needed by itself, only its sum.
    if (!isProduct || !this.#isOfStep(id)) this.#settle(new Set([id]));
    return { node: id, how: 'whole' };
  }

  /** Whether a value can be computed from what is outside already. */
  #isAtHand(root: NodeId): boolean {
    const pending = [root];
    const seen = new Set<NodeId>();
    while (pending.length > 0) {
      const id = pending.pop()!;
      if (seen.has(id) || !this.#levels.varies[id] || this.#isGiven(id) || this.#outside.has(id)) continue;
      seen.add(id);
      if (this.#levels.isBound[id]) return false;
      pending.push(...operandsOf(this.#body.nodes[id]));
    }
    return true;
  }

  /** What a loop computes and takes. What it needs of earlier loops is settled on the way. */
  #planLoop(level: number, terms: readonly Term[]): Loop {
    const { nodes, inputs, outputs } = this.#body;
    const levels = this.#levels;
    const carries = levels.carryLevel.flatMap((own, k) => (own === level ? [k] : []));
    const carryInputs = inputs.slice(1, 1 + this.#scan.carries.length);
    const stacked = [...this.#outside].flatMap(([id, how]) => {
      return how === 'stacked' && levels.level[id] === level ? [id] : [];
    });
    const summed = terms.flatMap(({ node, how }) => {
      return how === 'loop' && levels.level[node] === level ? [node] : [];
    });
    const needed = new Set<NodeId>([...carries.map((k) => outputs[k].node), ...stacked, ...summed]);
    const native = new Set<NodeId>();
    const sequences: NodeId[] = [];
    const captures: NodeId[] = [];
    for (let position = nodes.length - 1; position >= 0; position--) {
      const id = position as NodeId;
      if (!needed.has(id)) continue;
      const node = nodes[id];
      if (node.kind === 'input' && !levels.varies[id]) captures.push(id);
      else if (this.#sequences.has(id)) sequences.push(id);
      else if (id === inputs[0]) continue;
      else if (carryInputs.includes(id) && levels.level[id] === level) continue;
      else if (this.#comesIn(id, level, needed)) {
        this.#settle(new Set([id]));
        sequences.push(id);
      } else {
        native.add(id);
        for (const operand of operandsOf(node)) needed.add(operand);
      }
    }
    return {
      level,
      carries,
      nodes: native,
      captures: captures.reverse(),
      sequences: sequences.reverse(),
      stacked: stacked.sort((a, b) => a - b),
      summed: [...new Set(summed)],
    };
  }

  /** Whether a value comes into a loop step by step from outside, rather than being computed in it. */
  #comesIn(id: NodeId, level: number, needed: ReadonlySet<NodeId>): boolean {
    const levels = this.#levels;
    const node = this.#body.nodes[id];
    if (!levels.varies[id] || levels.isPositional[id]) return false;
    if (levels.isBound[id] || node.kind !== 'call') return levels.level[id] < level;
    if (levels.isHeavy[id]) return true;
    const how = this.#outside.get(id);
    if (how === 'whole') return levels.stage[id] <= level;
    if (how === 'stacked') return levels.level[id] < level;
    if (levels.level[id] === level || levels.stage[id] === 0) return false;
    // From earlier loops: itself or what it is made of, whichever is less to keep.
    const frontier = this.#findFrontier(id, (o) => levels.level[o] === level || needed.has(o));
    if (!this.#isAfterLoop(id) || !this.#isSmaller(id, frontier)) return false;
    this.#outside.set(id, 'stacked');
    return true;
  }
}
