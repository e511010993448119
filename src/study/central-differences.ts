// Derivatives by central differences of order 4 (Abramowitz and Stegun 25.3.6):
//   f'(x) = (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h + O(h^4).
// With h = 3e-4 in float64 both errors, of cutting off (h^4 / 30 times the fifth derivative) and of rounding
// (about 1e-16 / h), lie near 1e-12: far below the 1e-10 that the gradient check can see. Order 2 would not get there.
import { realTensor, type Tensor } from '../tensor/tensor.ts';

/** A scalar function of one tensor. */
export type ScalarFunction = (x: Tensor) => number;

/** The largest step, in the units of the element. */
export const STEP = 3e-4;

/** The derivative of f at x in a direction (one number for each element), with step h. NaN where f is none nearby. */
export function centralDifference(f: ScalarFunction, x: Tensor, direction: Float64Array, h: number): number {
  const at = (steps: number): number => f(moved(x, direction, steps * h));
  return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
}

/**
 * The same from one side, of order 4 too: f'(x) = (-25 f(x) + 48 f(x + h) - 36 f(x + 2h) + 16 f(x + 3h) - 3 f(x + 4h)) / 12h
 * + O(h^4). With a negative h it looks back. It knows the slope at x where a kink or a jump lies on the other side,
 * however near.
 */
export function oneSidedDifference(f: ScalarFunction, x: Tensor, direction: Float64Array, h: number): number {
  const at = (steps: number): number => f(moved(x, direction, steps * h));
  return (-25 * at(0) + 48 * at(1) - 36 * at(2) + 16 * at(3) - 3 * at(4)) / (12 * h);
}

function moved(x: Tensor, direction: Float64Array, by: number): Tensor {
  return realTensor(
    x.shape,
    Float64Array.from(x.data, (value, i) => value + by * direction[i]),
  );
}
