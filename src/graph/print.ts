// A graph as text: one line for a node, the body of a scan indented under it. The same graph gives the same text, and
// read.ts makes the graph from it again (without origins, which it takes for comments).

import { formatPlace } from '../base/source.ts';
import type { CallNode, Graph, Node, NodeId, ScanNode } from './graph.ts';
import { ATTRIBUTE_KINDS, type AttributeKind, type AttributeValue } from './ops/attribute-kinds.ts';
import type { Dim, Type } from './type.ts';

export interface PrintOptions {
  /** Behind each node the place in the source that it comes from. */
  readonly origins?: boolean;
}

/**
 * The text of a graph, ending in a line end.
 *
 * ```
 * graph Sum
 *   %0 = input x : real[T, 3]
 *   %1 = sum %0 axes=[0] : real[3]
 *   output total %1
 * ```
 */
export function printGraph(graph: Graph, options: PrintOptions = {}): string {
  const outputs = graph.outputs.map(({ name, node, mean }) => {
    return `  output ${writeName(name)} %${node}${mean === undefined ? '' : ` mean ${mean}`}`;
  });
  return [`graph ${writeName(graph.name)}`, ...nodeLines(graph, options), ...outputs, ''].join('\n');
}

/** The lines of a graph's nodes, indented once. */
function nodeLines(graph: Graph, options: PrintOptions): string[] {
  return graph.nodes.flatMap((node, id) => {
    const origin = options.origins && node.origin !== undefined ? `  # ${formatPlace(node.origin)}` : '';
    const line = `  %${id} = ${describe(node)}${origin}`;
    return node.kind === 'scan' ? [line, ...bodyLines(node, options)] : [line];
  });
}

function describe(node: Node): string {
  switch (node.kind) {
    case 'input':
      return `${node.role} ${writeName(node.name)} : ${writeType(node.type)}`;
    case 'call':
      return `${[node.op, ...references(node.operands), ...attributes(node)].join(' ')} : ${writeType(node.type)}`;
    case 'scan':
      return describeScan(node);
    case 'result':
      return `result ${node.index} of %${node.scan} : ${writeType(node.type)}`;
    default:
      return node satisfies never;
  }
}

function describeScan(scan: ScanNode): string {
  const list = (word: string, ids: readonly NodeId[]): string[] =>
    ids.length === 0 ? [] : [word, ...references(ids)];
  return [
    `scan over ${writeName(scan.axis)}`,
    ...(scan.segment === undefined ? [] : ['in', 'segments', 'of', String(scan.segment)]),
    ...(scan.reverse ? ['backwards'] : []),
    ...list('lengths', scan.lengths === undefined ? [] : [scan.lengths]),
    ...list('carries', scan.carries),
    ...list('sequences', scan.sequences),
    ...list('captures', scan.captures),
  ].join(' ');
}

/** The body, its outputs told apart by what the scan does with them. */
function bodyLines(scan: ScanNode, options: PrintOptions): string[] {
  const { body, carries, stacked } = scan;
  const outputs = body.outputs.map(({ name, node }, i) => {
    const word = i < carries.length ? 'next' : i < carries.length + stacked ? 'stack' : 'sum';
    return `  ${word} ${writeName(name)} %${node}`;
  });
  const lines = [`body ${writeName(body.name)}`, ...nodeLines(body, options), ...outputs];
  return lines.map((line) => `    ${line}`);
}

function references(ids: readonly NodeId[]): string[] {
  return ids.map((id) => `%${id}`);
}

/** The attributes as `key=value`; an element or a shape that is the result's own is left to the type. */
function attributes({ op, attributes, type }: CallNode): string[] {
  const kinds: Readonly<Record<string, AttributeKind>> = ATTRIBUTE_KINDS[op];
  const values: Readonly<Record<string, AttributeValue>> = attributes;
  return Object.entries(kinds).flatMap(([key, kind]) => {
    const text = writeAttribute(values[key], kind);
    const isOfType =
      (key === 'element' && text === type.element) || (key === 'shape' && text === writeShape(type.shape));
    return isOfType ? [] : [`${key}=${text}`];
  });
}

function writeAttribute(value: AttributeValue, kind: AttributeKind): string {
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string') return kind === 'text' ? JSON.stringify(value) : writeName(value);
  return writeShape(value);
}

function writeType({ element, shape }: Type): string {
  return `${element}${writeShape(shape)}`;
}

function writeShape(shape: readonly Dim[]): string {
  return `[${shape.map((d) => (typeof d === 'number' ? writeNumber(d) : writeName(d))).join(', ')}]`;
}

/** So that it is read back exactly: the shortest digits that mean it, and the sign of a zero. */
function writeNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** What read.ts takes for one name as it stands; any other is quoted. */
const PLAIN_NAME = /^(?!NaN|Infinity)[\p{L}_][\p{L}\p{N}_.]*$/u;

function writeName(name: string): string {
  return PLAIN_NAME.test(name) ? name : JSON.stringify(name);
}
