// The functions and operators that checked expressions know by name.

/** The functions and operators of one, two or more operands that elaboration knows by name. */
export type PrimitiveName =
  | ElementwiseName
  | WholeName
  | 'all'
  | 'any'
  | 'argmax'
  | 'to_index'
  | 'dot'
  | 'outer'
  | 'concat'
  | 'transpose';

/** One real operand, elementwise; `not`: one bool. */
export type UnaryName =
  | 'neg'
  | 'not'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'tanh'
  | 'sigmoid'
  | 'abs'
  | 'sin'
  | 'cos'
  | 'floor'
  | 'stop';

/**
 * Elementwise; `max` and `min` have two or more operands, of which those of shape [] spread. `surrogate`: what a function
 * is given, the slope that it gives itself by that, and its value.
 */
export type ElementwiseName = UnaryName | 'max' | 'min' | 'surrogate';

/** One real operand, reduced over the whole of it to []. `max_over` and `min_over` are `max(x)` and `min(x)`. */
export type WholeName = 'sum' | 'mean' | 'max_over' | 'min_over';
