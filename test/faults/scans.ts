// Faults in the graph that vjp makes of a program: in the scans that run backwards, and in what adds and masks cotangents
// in them and around them. In the same way, faults in the scans that jvp makes.
//
// A place is told in words that hold in every form of the program (the batch, one sequence, a chunk of it): the number
// of the scan, the name of a value in its body, the operation and the span of source that a call stands for. So a fault is
// planted in all of them, as a mistake in the code would be.
import type { Graph, NodeId, ScanNode } from '../../src/graph/graph.ts';
import {
  buildScan,
  type Changes,
  Draft,
  moveScan,
  placeOf,
  rebuild,
  transcribe,
} from '../../src/passes/draft.ts';
import { lastTerm, type Rewire, rewired, shifted, withOutputs, zero } from './planting.ts';

/** A fault in one place of graphs. */
export interface GraphFault {
  readonly kind: string;
  readonly place: string;
  /** The graph with the fault; as it is where it has no such place. */
  plant(graph: Graph): Graph;
}

interface ScanFault {
  readonly kind: string;
  /** The value concerned, by its name in the body. */
  readonly value: string;
  readonly rewire: Rewire;
}

const BACKWARD = '.backward';

function isBackward(scan: ScanNode): boolean {
  return scan.body.name.endsWith(BACKWARD);
}

/** The scans of a graph in the order in which a walk meets them, those in bodies after the one that they are in. */
function scansOf(graph: Graph): readonly ScanNode[] {
  return graph.nodes.flatMap((node) => (node.kind === 'scan' ? [node, ...scansOf(node.body)] : []));
}

/** The names of what comes into a body, by what it is there. */
function namesOf({ body, carries, sequences, stacked }: ScanNode) {
  const inputs = body.inputs.map((id) => {
    const node = body.nodes[id];
    return node.kind === 'input' ? node.name : '';
  });
  const outputs = body.outputs.map(({ name }) => name);
  return {
    carries: inputs.slice(1, 1 + carries.length),
    sequences: inputs.slice(1 + carries.length, 1 + carries.length + sequences.length),
    captures: inputs.slice(1 + carries.length + sequences.length),
    carried: outputs.slice(0, carries.length),
    stacked: outputs.slice(carries.length, carries.length + stacked),
    summed: outputs.slice(carries.length + stacked),
  };
}

/** A result of the scan replaced. */
function result(k: number, by: (draft: Draft, result: NodeId) => NodeId): Rewire {
  return (draft, parts) => ({ parts, results: (built) => built.with(k, by(draft, built[k])) });
}

function nothing(draft: Draft, id: NodeId): NodeId {
  return zero(draft, draft.typeOf(id));
}

/** Every fault of a scan that carries the gradients of another back through time. */
function faultsOfBackward(scan: ScanNode): readonly ScanFault[] {
  const names = namesOf(scan);
  const faults: ScanFault[] = [
    {
      kind: 'time not reversed',
      value: '',
      rewire: (_, parts) => ({ parts: { ...parts, reverse: parts.reverse !== true } }),
    },
  ];
  if (scan.lengths !== undefined) {
    faults.push({
      kind: 'lengths forgotten',
      value: '',
      rewire: (_, parts) => ({ parts: { ...parts, lengths: undefined } }),
    });
  }
  const add = (kind: string, value: string, rewire: Rewire): void => {
    faults.push({ kind, value, rewire });
  };
  names.carries.forEach((name, k) => {
    add('starting cotangent dropped', name, (draft, parts) => ({
      parts: { ...parts, carries: parts.carries.with(k, nothing(draft, parts.carries[k])) },
    }));
    add('carry cut at each step', name, (_, parts) => ({
      parts: { ...parts, body: withOutputs(parts.body, (b, outs) => outs.with(k, nothing(b, outs[k]))) },
    }));
    add('carry handed on as it was', name, (_, parts) => ({
      parts: { ...parts, body: withOutputs(parts.body, (_b, outs, ins) => outs.with(k, ins[1 + k])) },
    }));
    add('gradient of a starting state dropped', name, result(k, nothing));
  });
  names.sequences.forEach((name, k) => {
    const isCotangent = name.startsWith('cotangent.');
    const what = isCotangent
      ? 'stacked cotangent'
      : name.startsWith('residual') || name.startsWith('prev.')
        ? 'residual'
        : 'value of the step';
    for (const from of ['earlier', 'later'] as const) {
      add(`${what} read a step ${from}`, name, (draft, parts) => ({
        parts: {
          ...parts,
          sequences: parts.sequences.with(k, shifted(draft, parts, parts.sequences[k], from)),
        },
      }));
    }
    if (isCotangent) {
      add('stacked cotangent dropped', name, (draft, parts) => ({
        parts: { ...parts, sequences: parts.sequences.with(k, nothing(draft, parts.sequences[k])) },
      }));
    }
  });
  names.captures.forEach((name, k) => {
    if (!name.startsWith('cotangent.')) return;
    add('summed cotangent dropped', name, (draft, parts) => ({
      parts: { ...parts, captures: parts.captures.with(k, nothing(draft, parts.captures[k])) },
    }));
  });
  names.stacked.forEach((name, k) => {
    const at = names.carried.length + k;
    add('gradient of a sequence dropped', name, result(at, nothing));
    for (const from of ['earlier', 'later'] as const) {
      add(`gradient of a sequence a step ${from}`, name, (draft, parts) => ({
        parts,
        results: (built) => built.with(at, shifted(draft, parts, built[at], from)),
      }));
    }
  });
  names.summed.forEach((name, k) => {
    add(
      'gradient of a captured value dropped',
      name,
      result(names.carried.length + names.stacked.length + k, nothing),
    );
    add('gradient of a captured value from one step alone', name, (draft, parts) =>
      lastTerm(draft, parts, k),
    );
  });
  return faults;
}

/** Every fault of a scan that carries tangents. */
function faultsOfTangents(scan: ScanNode): readonly ScanFault[] {
  const names = namesOf(scan);
  const faults: ScanFault[] = [];
  const isTangent = (name: string): boolean => name.startsWith('tangent.');
  const operands = ['carries', 'sequences', 'captures'] as const;
  for (const part of operands) {
    names[part].forEach((name, k) => {
      if (!isTangent(name)) return;
      const kind = {
        carries: 'starting tangent',
        sequences: 'tangent of a sequence',
        captures: 'tangent of a captured value',
      };
      faults.push({
        kind: `${kind[part]} dropped`,
        value: name,
        rewire: (draft, parts) => ({
          parts: { ...parts, [part]: parts[part].with(k, nothing(draft, parts[part][k])) },
        }),
      });
      if (part !== 'sequences') return;
      for (const from of ['earlier', 'later'] as const) {
        faults.push({
          kind: `tangent of a sequence read a step ${from}`,
          value: name,
          rewire: (draft, parts) => ({
            parts: {
              ...parts,
              sequences: parts.sequences.with(k, shifted(draft, parts, parts.sequences[k], from)),
            },
          }),
        });
      }
    });
  }
  names.carried.forEach((name, k) => {
    if (!isTangent(name)) return;
    faults.push(
      {
        kind: 'tangent cut at each step',
        value: name,
        rewire: (_, parts) => ({
          parts: { ...parts, body: withOutputs(parts.body, (b, outs) => outs.with(k, nothing(b, outs[k]))) },
        }),
      },
      {
        kind: 'tangent handed on as it was',
        value: name,
        rewire: (_, parts) => ({
          parts: { ...parts, body: withOutputs(parts.body, (_b, outs, ins) => outs.with(k, ins[1 + k])) },
        }),
      },
    );
  });
  [...names.carried, ...names.stacked, ...names.summed].forEach((name, k) => {
    if (isTangent(name))
      faults.push({ kind: 'tangent of a result dropped', value: name, rewire: result(k, nothing) });
  });
  names.summed.forEach((name, k) => {
    if (!isTangent(name)) return;
    faults.push({
      kind: 'tangent of a sum from one step alone',
      value: name,
      rewire: (draft, parts) => lastTerm(draft, parts, k),
    });
  });
  return faults;
}

/** The faults of the scans that are of this sort, each as a fault of the graph. */
function inScans(
  graph: Graph,
  isOne: (scan: ScanNode) => boolean,
  faultsOf: (scan: ScanNode) => readonly ScanFault[],
): readonly GraphFault[] {
  const scans = scansOf(graph).filter(isOne);
  return scans.flatMap((scan, n) =>
    faultsOf(scan).map(({ kind, value }) => ({
      kind,
      place: `scan ${n + 1}${value === '' ? '' : `, ${value}`}`,
      plant: (other) =>
        inScan(other, isOne, n, (own) => faultsOf(own).find((f) => f.kind === kind && f.value === value)),
    })),
  );
}

/** The graph with a fault in its n-th scan of this sort. */
function inScan(
  graph: Graph,
  isOne: (scan: ScanNode) => boolean,
  n: number,
  faultOf: (scan: ScanNode) => ScanFault | undefined,
): Graph {
  const target = scansOf(graph).filter(isOne)[n];
  const fault = target && faultOf(target);
  if (fault === undefined) return graph;
  const changes: Changes = {
    scan: (draft, scan, to) =>
      scan === target
        ? rewired(draft, scan, to, fault.rewire)
        : buildScan(draft, { ...moveScan(scan, to), body: rebuild(scan.body, changes) }),
  };
  return rebuild(graph, changes);
}

/** Every cotangent that is handed in, of an output or of a state that is left, and not heard. */
export function seedFaults(graph: Graph): readonly GraphFault[] {
  return cotangentsOf(graph).map((name) => ({
    kind: 'cotangent of a result dropped',
    place: name,
    plant(other) {
      const draft = new Draft(other.name);
      const values = new Map<NodeId, NodeId>();
      for (const id of other.inputs) {
        const node = other.nodes[id];
        if (node.kind !== 'input') continue;
        const input = draft.input(node.name, node.type, node.role, node.origin);
        values.set(id, node.name === name ? zero(draft, node.type) : input);
      }
      transcribe(other, draft, values, {});
      for (const { name, node, mean } of other.outputs) draft.output(name, placeOf(values, node), mean);
      return draft.finish();
    },
  }));
}

function cotangentsOf(graph: Graph): readonly string[] {
  return graph.nodes.flatMap((node) =>
    node.kind === 'input' && node.role === 'cotangent' ? [node.name] : [],
  );
}

/** Every fault in the scans that run backwards. */
export function backwardScanFaults(graph: Graph): readonly GraphFault[] {
  return inScans(graph, isBackward, faultsOfBackward);
}

/** Every fault in the tangents of scans. */
export function tangentScanFaults(graph: Graph): readonly GraphFault[] {
  return inScans(graph, () => true, faultsOfTangents);
}

/** Every scan of a batch that forgets the lengths. */
export function lengthFaults(graph: Graph): readonly GraphFault[] {
  return inScans(
    graph,
    ({ lengths }) => lengths !== undefined,
    () => [
      {
        kind: 'lengths forgotten',
        value: '',
        rewire: (_, parts) => ({ parts: { ...parts, lengths: undefined } }),
      },
    ],
  );
}
