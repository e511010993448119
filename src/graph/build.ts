// The builder: the only way to make a graph. It types each call as it is made, so that a wrong one is found
// where it is built and not where it is run.

import { invariant } from '../base/invariant.ts';
import type { Graph, InputRole, Node, NodeId, Origin, Output } from './graph.ts';
import type { None, OpAttributes, OpName } from './ops/attributes.ts';
import { inferType } from './ops/table.ts';
import { type Scan, scanResultTypes } from './scan.ts';
import { type AxisName, type Dim, type Element, sameShape, type Type } from './type.ts';

const NONE: None = {};

/** The operations without attributes on one, two or three operands. */
type Plain = { [K in OpName]: OpAttributes[K] extends None ? K : never }[OpName];

export interface ScanParts {
  readonly axis: AxisName;
  readonly reverse?: boolean;
  readonly segment?: number | undefined;
  readonly lengths?: NodeId | undefined;
  readonly carries: readonly NodeId[];
  readonly sequences: readonly NodeId[];
  readonly captures: readonly NodeId[];
  readonly body: Graph;
  readonly stacked: number;
  readonly summed: number;
  readonly origin?: Origin;
}

export interface ScanResults {
  readonly carried: readonly NodeId[];
  readonly stacked: readonly NodeId[];
  readonly summed: readonly NodeId[];
}

export class GraphBuilder {
  readonly name: string;
  /** The origin given to nodes made from now on, unless a call gives its own. */
  origin: Origin;
  #nodes: Node[] = [];
  #inputs: NodeId[] = [];
  #outputs: Output[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** A builder that goes on where a graph ends: its nodes keep their ids, its inputs and outputs stay. */
  static extend(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder(graph.name);
    builder.#nodes = [...graph.nodes];
    builder.#inputs = [...graph.inputs];
    builder.#outputs = [...graph.outputs];
    return builder;
  }

  #push(node: Node): NodeId {
    this.#nodes.push(node);
    return (this.#nodes.length - 1) as NodeId;
  }

  typeOf(id: NodeId): Type {
    const node = this.#nodes[id];
    invariant(node !== undefined && node.kind !== 'scan', `%${id} is not a value`);
    return node.type;
  }

  shapeOf(id: NodeId): readonly Dim[] {
    return this.typeOf(id).shape;
  }

  input(name: string, type: Type, role: InputRole, origin: Origin = this.origin): NodeId {
    const id = this.#push({ kind: 'input', name, role, type, origin });
    this.#inputs.push(id);
    return id;
  }

  output(name: string, node: NodeId, mean?: Output['mean']): void {
    this.typeOf(node);
    this.#outputs.push(mean === undefined ? { name, node } : { name, node, mean });
  }

  /** Any operation, with its attributes. */
  call<K extends OpName>(
    op: K,
    operands: readonly NodeId[],
    attributes: OpAttributes[K],
    origin: Origin = this.origin,
  ): NodeId {
    const type = inferType(
      op,
      operands.map((o) => this.typeOf(o)),
      attributes,
    );
    return this.#push({ kind: 'call', op, operands, attributes, type, origin });
  }

  /** An operation without attributes. */
  apply(op: Plain, ...operands: NodeId[]): NodeId {
    return this.call(op, operands, NONE);
  }

  constant(value: number, shape: readonly Dim[] = [], element: Element = 'real'): NodeId {
    return this.call('constant', [], { element, shape, value });
  }

  /** A constant of the shape of another value. */
  constantLike(value: number, like: NodeId): NodeId {
    return this.constant(value, this.shapeOf(like));
  }

  /** To `shape`, operand axis k becoming axis `axes[k]`; nothing is added where nothing changes. */
  broadcast(x: NodeId, shape: readonly Dim[], axes: readonly number[]): NodeId {
    return sameShape(this.shapeOf(x), shape) ? x : this.call('broadcast', [x], { shape, axes });
  }

  sum(x: NodeId, axes: readonly number[]): NodeId {
    return axes.length === 0 ? x : this.call('sum', [x], { axes });
  }

  contract(left: NodeId, right: NodeId, letters: OpAttributes['contract']): NodeId {
    return this.call('contract', [left, right], letters);
  }

  scan(parts: ScanParts): ScanResults {
    const { axis, segment, body, carries, sequences, captures, stacked, summed, lengths } = parts;
    const reverse = parts.reverse ?? false;
    const scan: Scan = {
      axis,
      reverse,
      segment,
      lengths,
      carries,
      sequences,
      captures,
      body,
      stacked,
      summed,
    };
    const types = scanResultTypes(scan, (id) => this.typeOf(id));
    const origin = parts.origin ?? this.origin;
    const node = this.#push({ kind: 'scan', ...scan, origin });
    const results = types.map((type, i) =>
      this.#push({ kind: 'result', scan: node, index: i, type, origin }),
    );
    return {
      carried: results.slice(0, carries.length),
      stacked: results.slice(carries.length, carries.length + stacked),
      summed: results.slice(carries.length + stacked),
    };
  }

  finish(): Graph {
    return { name: this.name, nodes: this.#nodes, inputs: this.#inputs, outputs: this.#outputs };
  }
}
