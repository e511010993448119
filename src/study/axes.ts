// Which axis an array lacks, and what to write. The commonest trouble with recurrent networks is here: everybody's first
// array has two axes, and [batch, time, features] is wanted.
import { evaluateSize, type Size } from '../check/size.ts';

/** The axes that are wanted: those before the declared ones, and the declared sizes. */
interface Wanted {
  readonly leading: readonly ('batch' | 'time')[];
  readonly shape: readonly Size[];
}

interface Advice {
  /** What is wrong, as the end of a sentence; may be empty. */
  readonly reason: string;
  readonly help: string | undefined;
}

/** For an array with the wrong number of axes. `sizes` are those that other arrays tell, `batch` the number of lengths. */
export function missingAxis(
  slot: Wanted,
  given: readonly number[],
  sizes: ReadonlyMap<string, number>,
  batch: number | undefined,
): Advice {
  const wanted = slot.leading.length + slot.shape.length;
  if (given.length > wanted) {
    const axis = given.lastIndexOf(1);
    const help =
      axis < 0 ? undefined : `is the axis of 1 too many? Without it: ${show(given.toSpliced(axis, 1))}`;
    return { reason: axes(given.length - wanted, 'too many'), help };
  }
  if (given.length < wanted - 1 || slot.leading.length === 0) {
    const missing = wanted - given.length;
    const oneStep = slot.leading.length === 2 && missing === 2;
    return {
      reason: axes(missing, missing === 1 ? 'is missing' : 'are missing'),
      help: oneStep
        ? `one step of one sequence is ${show([1, 1, ...given])} (NumPy: a[None, None])`
        : undefined,
    };
  }
  const features = slot.shape.map((size) => evaluateSize(size, sizes));
  /** Whether the last axes of the array may be the declared ones. */
  const ends = (shape: readonly number[]): boolean => {
    const last = shape.slice(shape.length - features.length);
    return features.every((size, k) => size === undefined || size === last[k]);
  };
  const withBatch = `a batch of one sequence is ${show([1, ...given])} (NumPy: a[None])`;
  const withFeature = `one feature is an axis of one: ${show([...given, 1])} (NumPy: a[..., None])`;
  if (slot.leading.length === 1) return { reason: 'the batch axis is missing', help: withBatch };

  const oneFeature = features.length === 1 && (features[0] ?? 1) === 1;
  if (!ends(given)) {
    return oneFeature
      ? { reason: 'the axis of features is missing', help: withFeature }
      : { reason: 'one axis is missing', help: undefined };
  }
  if (batch !== undefined && batch !== 1 && given[0] === batch) {
    const help = `sequences of one step are ${show([given[0], 1, ...given.slice(1)])} (NumPy: a[:, None])`;
    return { reason: 'the time axis is missing', help };
  }
  if (oneFeature && features[0] === undefined) {
    return { reason: 'one axis is missing', help: `${withBatch}; ${withFeature}` };
  }
  return { reason: 'the batch axis is missing', help: withBatch };
}

/** `one axis is missing`, `2 axes too many`. */
function axes(count: number, what: string): string {
  return `${count === 1 ? 'one axis' : `${count} axes`} ${what}`;
}

function show(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
