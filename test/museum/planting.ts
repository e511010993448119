// Faults, planted in gradient graphs. Each leaves the values of the forward pass alone and gives a graph that is valid in
// every respect but that it computes something else: these are the silent ones.
//
// Bodies of scans, their inputs and results are called by the names that elaboration and vjp give them: print the graph to
// see them.
import { batch } from '../../src/autodiff/batch.ts';
import { arrange } from '../../src/autodiff/copy.ts';
import type { DerivativeTable } from '../../src/autodiff/rules.ts';
import { GraphBuilder, type ScanParts } from '../../src/graph/build.ts';
import { type Graph, isCall, type NodeId, type Output, type ScanNode } from '../../src/graph/graph.ts';
import { BATCH, index, TIME } from '../../src/graph/type.ts';
import { buildScan, type Draft, moveScan, rebuild } from '../../src/passes/draft.ts';
import { withGradients } from '../../src/study/gradient-program.ts';
import { elaborateLast } from './exhibit.ts';
import type { Plant } from './seam.ts';

/** Changes what a graph gives, output by output. */
function changeOutputs(
  graph: Graph,
  change: (builder: GraphBuilder, output: Output, position: number) => NodeId,
): Graph {
  const builder = GraphBuilder.extend({ ...graph, outputs: [] });
  graph.outputs.forEach((output, k) => {
    builder.output(output.name, change(builder, output, k), output.mean);
  });
  return builder.finish();
}

/** Changes the scans that run backpropagation. */
function changeBackward(
  graph: Graph,
  change: (parts: ScanParts, scan: ScanNode, draft: Draft) => ScanParts,
): Graph {
  return rebuild(graph, {
    scan(draft, scan, to) {
      const parts = moveScan(scan, to);
      return buildScan(draft, isBackward(scan) ? change(parts, scan, draft) : parts);
    },
  });
}

function isBackward(scan: ScanNode): boolean {
  return scan.body.name.endsWith('.backward');
}

/** The cotangents of carries are not handed on to the step before: all of them, or those of some states. */
export function cutCarries(states?: readonly string[]): Plant {
  const isCut = (name: string): boolean =>
    states === undefined || states.some((state) => name === `cotangent.${state}`);
  return (gradient) =>
    changeBackward(gradient, (parts) => ({
      ...parts,
      body: changeOutputs(parts.body, (builder, { name, node }, k) =>
        k < parts.carries.length && isCut(name) ? builder.constantLike(0, node) : node,
      ),
    }));
}

/** A plant for programs whose states start at a number; where the starts are asked for, nothing is wrong. */
export function whereStartsAreNumbers(plant: Plant): Plant {
  return (gradient, made) => {
    const asksForStarts = made.wrt.some((name) => name.startsWith('state.'));
    return asksForStarts ? gradient : plant(gradient, made);
  };
}

/** Backpropagation visits the steps in the order of the forward pass. */
export const inForwardOrder: Plant = (gradient) =>
  changeBackward(gradient, (parts, { reverse }) => ({ ...parts, reverse: !reverse }));

/** The cotangents of the last states are taken for zero. */
export const withoutLastStates: Plant = (gradient) =>
  changeBackward(gradient, (parts, _, draft) => ({
    ...parts,
    carries: parts.carries.map((carry) => draft.constantLike(0, carry)),
  }));

/** Backpropagation does not know where sequences end. */
export const withoutLengths: Plant = (gradient) =>
  changeBackward(gradient, (parts) => ({ ...parts, lengths: undefined }));

/** Changes one gradient as a whole. */
function changeGradient(of: string, change: (builder: GraphBuilder, gradient: NodeId) => NodeId): Plant {
  return (gradient) =>
    changeOutputs(gradient, (builder, { name, node }) =>
      name === `grad.${of}` ? change(builder, node) : node,
    );
}

/** A gradient that nobody writes to. */
export function neverWritten(of: string): Plant {
  return changeGradient(of, (builder, gradient) => builder.constantLike(0, gradient));
}

/** A gradient that is added twice. */
export function countedTwice(of: string): Plant {
  return changeGradient(of, (builder, gradient) => builder.apply('add', gradient, gradient));
}

/** A gradient of a sequence that has a number behind the end. */
export function filledBehindEnds(of: string, value: number): Plant {
  return changeGradient(of, (builder, gradient) => {
    const shape = builder.shapeOf(gradient);
    const alive = builder.apply(
      'lt',
      builder.broadcast(builder.call('iota', [], { extent: TIME }), [TIME, BATCH], [0]),
      builder.broadcast(inputNamed(builder.finish(), 'lengths'), [TIME, BATCH], [1]),
    );
    const everywhere = builder.broadcast(alive, shape, [0, 1]);
    return builder.apply('select', everywhere, gradient, builder.constantLike(value, gradient));
  });
}

function inputNamed(graph: Graph, name: string): NodeId {
  return graph.inputs.find((id) => {
    const node = graph.nodes[id];
    return node.kind === 'input' && node.name === name;
  })!;
}

/** Of the terms of a sum over uses, which each step adds up, one alone is kept. */
export function oneUseOnly(of: string, use: 0 | 1): Plant {
  return (gradient) =>
    changeBackward(gradient, (parts) => ({
      ...parts,
      body: changeOutputs(parts.body, (_, { name, node }) => {
        const value = parts.body.nodes[node];
        return name === `cotangent.${of}` && isCall(value, 'add') ? value.operands[use] : node;
      }),
    }));
}

/** A gradient that is added up over the steps is overwritten instead, where a step has something to write. */
export function overwritten(of: string): Plant {
  return (gradient) =>
    rebuild(gradient, {
      scan(draft, scan, to) {
        const parts = moveScan(scan, to);
        const { body, carries } = parts;
        const position = body.outputs.findIndex(({ name }) => name === `cotangent.${of}`);
        if (!isBackward(scan) || position < carries.length + parts.stacked) return buildScan(draft, parts);
        const { node } = body.outputs[position];
        const builder = GraphBuilder.extend({ ...body, outputs: [] });
        const before = builder.input('kept', builder.typeOf(node), 'carry');
        const isNothing = builder.apply('eq', node, builder.constantLike(0, node));
        const after = builder.apply('select', isNothing, before, node);
        const outputs = body.outputs.toSpliced(position, 1);
        outputs.splice(carries.length, 0, { name: 'kept', node: after });
        for (const output of outputs) builder.output(output.name, output.node);
        const firstCarries = body.inputs.slice(0, 1 + carries.length);
        const order = [...firstCarries, before, ...body.inputs.slice(1 + carries.length)];
        const results = buildScan(draft, {
          ...parts,
          carries: [...carries, draft.constant(0, builder.shapeOf(node))],
          summed: parts.summed - 1,
          body: arrange(builder.finish(), order).graph,
        });
        const [kept] = results.splice(carries.length, 1);
        return results.toSpliced(position, 0, kept);
      },
    });
}

/** Where a backward step reads one sequence, it reads another one: `where` is what the scan sees in its place. */
function read(
  body: string,
  sequence: string,
  where: (draft: Draft, as: NodeId, results: ReadonlyMap<string, NodeId>) => NodeId,
): Plant {
  return (gradient) => {
    const known = new Map<string, NodeId>();
    return rebuild(gradient, {
      scan(draft, scan, to) {
        const parts = moveScan(scan, to);
        const first = 1 + scan.carries.length;
        const sequences = parts.sequences.map((operand, k) => {
          const input = scan.body.nodes[scan.body.inputs[first + k]];
          const isThis = scan.body.name === body && input.kind === 'input' && input.name === sequence;
          return isThis ? where(draft, operand, known) : operand;
        });
        const results = buildScan(draft, { ...parts, sequences });
        scan.body.outputs.forEach(({ name }, k) => {
          known.set(`${scan.body.name}: ${name}`, results[k]);
        });
        return results;
      },
    });
  };
}

/** A backward step reads `other` for `sequence`: an input of the graph, or a result, as `body: result`. */
export function readFor(body: string, sequence: string, other: string): Plant {
  return read(body, sequence, (draft, _, results) => results.get(other) ?? inputNamed(draft.finish(), other));
}

/** A backward step reads ones for `sequence`. */
export function readAsOnes(body: string, sequence: string): Plant {
  return read(body, sequence, (draft, operand) => draft.constantLike(1, operand));
}

/** What the backward pass stacks lies at the end of the array, and not where the sequence is. */
export const atEndOfArray: Plant = (gradient) =>
  changeBackward(gradient, (parts) => {
    if (parts.lengths === undefined) return parts;
    const { body } = parts;
    const first = parts.carries.length;
    const builder = GraphBuilder.extend({ ...body, outputs: [] });
    const lengths = builder.input('ends', index(BATCH), 'capture');
    const last = builder.call('convert', [builder.call('extent', [], { extent: TIME })], {
      element: 'index',
    });
    const toGo = builder.apply('sub', last, builder.apply('add', body.inputs[0], indexOne(builder)));
    const alive = builder.apply('lt', builder.broadcast(toGo, [BATCH], []), lengths);
    body.outputs.forEach(({ name, node }, k) => {
      const isStacked = k >= first && k < first + parts.stacked;
      builder.output(name, isStacked ? selected(builder, alive, node) : node);
    });
    return {
      ...parts,
      body: builder.finish(),
      captures: [...parts.captures, parts.lengths],
      lengths: undefined,
    };
  });

function indexOne(builder: GraphBuilder): NodeId {
  return builder.constant(1, [], 'index');
}

/** The value where a sequence is alive, else zero. */
function selected(builder: GraphBuilder, alive: NodeId, value: NodeId): NodeId {
  const everywhere = builder.broadcast(alive, builder.shapeOf(value), [0]);
  return builder.apply('select', everywhere, value, builder.constantLike(0, value));
}

/** A pass that forgets, of what it has taken out of a loop, which steps the loop has made. */
export function withoutMasks(graph: Graph): Graph {
  return rebuild(graph, {
    call: (draft, call, operands) =>
      isCall(call, 'select') ? operands[1] : draft.call(call.op, operands, call.attributes),
  });
}

/** A program that does not know where sequences end; or only what runs from the end in it. */
export function ignoringLengths(graph: Graph, ofLoops: 'all' | 'reverse'): Graph {
  return rebuild(graph, {
    scan(draft, scan, to) {
      const parts = moveScan(scan, to);
      return buildScan(draft, ofLoops === 'all' || scan.reverse ? { ...parts, lengths: undefined } : parts);
    },
  });
}

/** A program that averages over all there is room for, and not over the steps that there are. */
export function averagedOverArray(graph: Graph): Graph {
  return rebuild(graph, {
    call(draft, call, operands) {
      const summed = isCall(call, 'sum') ? draft.find(operands[0], 'convert') : undefined;
      if (summed === undefined) return draft.call(call.op, operands, call.attributes);
      const [steps, sequences] = [TIME, BATCH].map((extent) => draft.call('extent', [], { extent }));
      return draft.apply('mul', steps, sequences);
    },
  });
}

/** All noise is drawn anew: where it is the backward pass that draws, its own is not that of the forward pass. */
export const withOtherNoise = (graph: Graph): Graph =>
  rebuild(graph, {
    call(draft, call, operands) {
      if (!isCall(call, 'uniform')) return draft.call(call.op, operands, call.attributes);
      return draft.call('uniform', operands, { ...call.attributes, name: `${call.attributes.name} again` });
    },
  });

/** Gradients by another table of derivatives. */
export function byRules(rules: DerivativeTable): Plant {
  return (_, { program, forward, wrt }) => withGradients(program, forward, wrt, rules);
}

/** The gradients of another program, which has the same values. */
export function asIf(text: string): Plant {
  return (_, { program, forward, wrt }) => {
    const startingStates = wrt.some((name) => name.startsWith('state.'));
    const other = elaborateLast(text, program.sizes, startingStates);
    const isBatched = forward.inputs.length > program.graph.inputs.length;
    return withGradients(other, isBatched ? batch(other.graph, { lengths: true }) : other.graph, wrt);
  };
}
