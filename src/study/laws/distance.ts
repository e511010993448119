// How far two answers are apart, and where: the names, the elements and both numbers, so that a failure can show them.
import type { Tensor } from '../../tensor/tensor.ts';

export type Tensors = ReadonlyMap<string, Tensor>;

/** Two tensors where they are farthest apart. */
export interface Gap {
  /** `max |a - b| / max(max |a|, max |b|, 0.001)`; infinite where anything is not a finite number or shapes differ. */
  readonly error: number;
  /** The element, counted in row-major order; -1 where shapes or kinds differ. */
  readonly at: number;
  readonly left: number;
  readonly right: number;
}

/** By the name of what is compared. */
export type Gaps = ReadonlyMap<string, Gap>;

/** Gradients and values below this count as this large. */
export const FLOOR = 1e-3;

const LOST: Gap = { error: Number.POSITIVE_INFINITY, at: -1, left: Number.NaN, right: Number.NaN };

/** Categories and conditions must be equal. */
export function gap(a: Tensor, b: Tensor): Gap {
  if (a.element !== b.element || a.shape.join() !== b.shape.join()) return LOST;
  let [widest, size, at] = [0, FLOOR, 0];
  for (let i = 0; i < a.data.length; i++) {
    const [left, right] = [a.data[i], b.data[i]];
    const difference = Math.abs(left - right);
    if (!Number.isFinite(difference)) return { error: Number.POSITIVE_INFINITY, at: i, left, right };
    if (difference > widest) [widest, at] = [difference, i];
    size = Math.max(size, Math.abs(left), Math.abs(right));
  }
  const error = a.element === 'real' ? widest / size : widest === 0 ? 0 : Number.POSITIVE_INFINITY;
  return { error, at, left: a.data[at], right: b.data[at] };
}

/** All tensors of two answers by name; a name that one of them lacks is infinitely far. */
export function gaps(a: Tensors, b: Tensors): Gaps {
  return new Map(
    [...new Set([...a.keys(), ...b.keys()])].map((name) => {
      const [left, right] = [a.get(name), b.get(name)];
      return [name, left && right ? gap(left, right) : LOST];
    }),
  );
}

/** Answers that must be the same to the last bit, and numbers: no gap there, else an infinite one. */
export function identical(a: Tensors, b: Tensors): Gaps {
  return new Map([...a].map(([name, tensor]) => [name, difference(tensor, b.get(name))]));
}

function difference(a: Tensor, b: Tensor | undefined): Gap {
  if (b === undefined || a.data.length !== b.data.length) return LOST;
  for (let i = 0; i < a.data.length; i++) {
    const [left, right] = [a.data[i], b.data[i]];
    if (left === right && Number.isFinite(left)) continue;
    return { error: Number.POSITIVE_INFINITY, at: i, left, right };
  }
  return { error: 0, at: 0, left: a.data[0], right: b.data[0] };
}
