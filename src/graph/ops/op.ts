// What an operation is: a name, a type rule, a meaning, and where tests may draw its inputs. Its derivative
// stands in autodiff/rules.ts, its loop body in loops/.

import type { Tensor } from '../../tensor/tensor.ts';
import type { Extents, Type } from '../type.ts';
import type { OpAttributes, OpName } from './attributes.ts';

export interface Op<K extends OpName> {
  /** What it computes, in one line, with its formula where it has one. */
  readonly summary: string;
  /** How many operands it takes; undefined: one or more. */
  readonly arity: number | undefined;
  /** The result's type. Throws an InvariantError where the operands do not fit: the checker has seen to it. */
  typeOf(operands: readonly Type[], attributes: OpAttributes[K]): Type;
  /** The meaning, in float64. `type` is the result's type, with its named axes' extents in `extents`. */
  evaluate(operands: readonly Tensor[], attributes: OpAttributes[K], type: Type, extents: Extents): Tensor;
  /** For tests: intervals to draw real operands from, away from kinks and poles. Default: -2 to 2. */
  readonly domain?: readonly (readonly [number, number])[];
}
