// The types of a scan: what its body must take and give, and what its results are. The builder asks this when it
// makes a scan, verify.ts when it proves one.

import { invariant } from '../base/invariant.ts';
import type { InputRole, NodeId, ScanNode } from './graph.ts';
import { typeOf } from './graph.ts';
import {
  BATCH,
  type Dim,
  followsFrom,
  index,
  sameType,
  segmentsAxis,
  showType,
  stepsAxis,
  type Type,
} from './type.ts';

/** A scan without its place in a graph. */
export type Scan = Omit<ScanNode, 'kind' | 'origin'>;

/**
 * The types of a scan's results: carried, stacked, summed. `typeOfOperand` gives the types of what it refers to.
 * Throws an InvariantError that names the body and the types where they do not fit.
 */
export function scanResultTypes(scan: Scan, typeOfOperand: (id: NodeId) => Type): readonly Type[] {
  const { axis, segment, body, lengths, carries, sequences, captures, stacked, summed } = scan;
  const where = `scan body ${body.name}`;
  invariant(
    segment === undefined || (Number.isInteger(segment) && segment >= 1),
    `${where}: segments of ${segment}`,
  );
  if (lengths !== undefined) {
    const type = typeOfOperand(lengths);
    invariant(sameType(type, index(BATCH)), () => `${where}: lengths are ${showType(type)}`);
  }
  const expected: (readonly [InputRole, Type])[] = [
    ['step', index()],
    ...carries.map((c) => ['carry', typeOfOperand(c)] as const),
    ...sequences.map((s) => {
      const { element, shape } = typeOfOperand(s);
      const step = stepShape(scan, shape);
      invariant(
        step !== undefined,
        () => `${where}: a sequence over ${axis} is ${element}[${shape.join(', ')}]`,
      );
      return ['sequence', { element, shape: step }] as const;
    }),
    ...captures.map((c) => ['capture', typeOfOperand(c)] as const),
  ];
  const given = body.inputs.length;
  invariant(given === expected.length, () => `${where}: ${given} inputs instead of ${expected.length}`);
  expected.forEach(([role, type], i) => {
    const input = body.nodes[body.inputs[i]];
    invariant(input?.kind === 'input', () => `${where}: input ${i} is not an input`);
    invariant(input.role === role, () => `${where}: input ${i} is a ${input.role} instead of a ${role}`);
    invariant(
      sameType(input.type, type),
      () => `${where}: input ${i} (${input.name}) is ${showType(input.type)} instead of ${showType(type)}`,
    );
  });
  const results = body.outputs.length;
  const count = carries.length + stacked + summed;
  invariant(results === count, () => `${where}: ${results} outputs instead of ${count}`);
  return body.outputs.map((output, i) => {
    const type = typeOf(body, output.node);
    if (i < carries.length) {
      const carry = expected[1 + i][1];
      invariant(
        sameType(type, carry),
        () =>
          `${where}: carry ${i} (${output.name}) starts as ${showType(carry)} and goes on as ${showType(type)}`,
      );
      return type;
    }
    const isStacked = i < carries.length + stacked;
    const result = isStacked ? { element: type.element, shape: stackedShape(scan, type.shape) } : type;
    invariant(
      isStacked || type.element === 'real',
      () => `${where}: ${output.name} is summed and ${showType(type)}`,
    );
    const own = segment === undefined ? undefined : stepsAxis(axis, segment);
    const isOfSegment = own !== undefined && result.shape.some((d) => followsFrom(d, own));
    invariant(!isOfSegment, () => `${where}: ${output.name} is ${showType(type)} and outlives its segment`);
    return result;
  });
}

/** The shape of what one run of the body sees of a sequence; undefined where it is none. */
function stepShape({ axis, segment }: Scan, shape: readonly Dim[]): readonly Dim[] | undefined {
  if (segment === undefined) return shape[0] === axis ? shape.slice(1) : undefined;
  if (shape[0] === segmentsAxis(axis, segment)) return shape.slice(1);
  return shape[0] === axis ? shape.with(0, stepsAxis(axis, segment)) : undefined;
}

/** The shape of a stacked result, from what one run of the body gives. */
export function stackedShape(
  { axis, segment }: Pick<Scan, 'axis' | 'segment'>,
  shape: readonly Dim[],
): readonly Dim[] {
  if (segment === undefined) return [axis, ...shape];
  return isSegment({ axis, segment }, shape) ? shape.with(0, axis) : [segmentsAxis(axis, segment), ...shape];
}

/** Whether what the body sees or stacks is a segment of steps. */
export function isSegment({ axis, segment }: Pick<Scan, 'axis' | 'segment'>, shape: readonly Dim[]): boolean {
  return segment !== undefined && shape[0] === stepsAxis(axis, segment);
}
