// Derivatives by differences of order 4 (Abramowitz and Stegun 25.3.6):
//   f'(x) = (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h + O(h^4).
// With h = 3e-4 in float64 both errors, of cutting off (h^4 / 30 times the fifth derivative) and of rounding
// (about 1e-16 / h), lie near 1e-12: far below the 1e-10 that the gradient check can see. Order 2 would not get there.
//
// To one side, also of order 4: f'(x) = (-25 f(x) + 48 f(x + h) - 36 f(x + 2h) + 16 f(x + 3h) - 3 f(x + 4h)) / 12h + O(h^4).
// It knows the slope at x where a kink or a jump lies on the other side, however near.
import { realTensor, type Tensor } from '../tensor/tensor.ts';

/** A scalar function of one tensor. */
export type ScalarFunction = (x: Tensor) => number;

/** The largest step, in the units of the element. */
export const STEP = 3e-4;

/** Where a difference looks: to both sides of x, above it, or below it. */
export type Side = 'central' | 'right' | 'left';

/** Multiples of the step, each with its weight, in twelfths. */
const formulas: Readonly<Record<Side, readonly (readonly [number, number])[]>> = {
  central: [
    [1, 8],
    [-1, -8],
    [2, -1],
    [-2, 1],
  ],
  right: [
    [0, -25],
    [1, 48],
    [2, -36],
    [3, 16],
    [4, -3],
  ],
  left: [
    [0, 25],
    [-1, -48],
    [-2, 36],
    [-3, -16],
    [-4, 3],
  ],
};

/** The derivative by t at t = 0, with step h. NaN where f is none nearby. */
export function differenceOf(f: (t: number) => number, side: Side, h: number): number {
  return formulas[side].reduce((sum, [steps, weight]) => sum + weight * f(steps * h), 0) / (12 * h);
}

/** x and so many times a direction, which has one number for each element. */
export function moved(x: Tensor, direction: Float64Array, by: number): Tensor {
  return realTensor(
    x.shape,
    Float64Array.from(x.data, (value, i) => value + by * direction[i]),
  );
}
