// The closed table of primitive operations: what has no row here does not compile.

import { invariant } from '../../base/invariant.ts';
import type { Type } from '../type.ts';
import type { OpAttributes, OpName } from './attributes.ts';
import { contract } from './contract.ts';
import { arithmetic, convert, functions, logic, select, surrogate } from './elementwise.ts';
import { gather, scatter_add } from './gather.ts';
import type { Op } from './op.ts';
import { argmax, max_over, sum } from './reduce.ts';
import { broadcast, concat, reshape, slice, transpose } from './shape.ts';
import { constant, extent, iota } from './source.ts';
import { uniform } from './uniform.ts';

export const OPS: { readonly [K in OpName]: Op<K> } = {
  ...functions,
  ...arithmetic,
  ...logic,
  select,
  surrogate,
  convert,
  constant,
  iota,
  extent,
  uniform,
  broadcast,
  reshape,
  transpose,
  slice,
  concat,
  sum,
  max_over,
  argmax,
  contract,
  gather,
  scatter_add,
};

/** All operations, in the order of the table. */
export const OP_NAMES = Object.keys(OPS) as readonly OpName[];

/** The type of a call. Throws an InvariantError that names the operation and the types where they do not fit. */
export function inferType<K extends OpName>(
  op: K,
  operands: readonly Type[],
  attributes: OpAttributes[K],
): Type {
  const { arity } = OPS[op];
  const fits = arity === undefined ? operands.length > 0 : operands.length === arity;
  invariant(fits, `${op} takes ${arity ?? 'one or more'} operands, not ${operands.length}`);
  return OPS[op].typeOf(operands, attributes);
}
