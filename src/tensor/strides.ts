// Where the elements of a row-major tensor lie. Every operation that moves or adds up elements is written with a
// list of offsets: the same axes walked in another order, with a step of zero, or not at all.

/** How far apart neighbours along each axis are. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** The offset of every position of `shape`, positions in row-major order, one step along axis k being `strides[k]`. */
export function offsets(shape: readonly number[], strides: readonly number[]): Int32Array {
  const result = new Int32Array(shape.reduce((n, d) => n * d, 1));
  if (result.length === 0) return result;
  // The offsets of the first axes are there; each further axis repeats them, from the last place backwards.
  let filled = 1;
  shape.forEach((extent, axis) => {
    for (let i = filled - 1; i >= 0; i--) {
      const start = result[i];
      for (let k = extent - 1; k >= 0; k--) result[i * extent + k] = start + k * strides[axis];
    }
    filled *= extent;
  });
  return result;
}
