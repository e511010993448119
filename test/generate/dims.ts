// Sizes of generated programs: polynomials over the names of a header with whole coefficients, in one form for each, so
// that two sizes are equal exactly if their texts are.

/** `2 * m + n` is [['m', 2], ['n', 1]]: products of names in alphabetical order ('' is the number), none with zero. */
export type Dim = readonly (readonly [product: string, times: number])[];

export type Shape = readonly Dim[];

/** What a size may be at most in a program's cases: for bounds of sums. */
const LARGEST = 5;

function normal(terms: Iterable<readonly [string, number]>): Dim {
  const sums = new Map<string, number>();
  for (const [product, times] of terms) sums.set(product, (sums.get(product) ?? 0) + times);
  const found = [...sums].filter(([, times]) => times !== 0);
  // The number stands last, as one writes it.
  return found.sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
}

export function symbol(name: string): Dim {
  return [[name, 1]];
}

export function number(value: number): Dim {
  return normal([['', value]]);
}

export function plus(a: Dim, b: Dim): Dim {
  return normal([...a, ...b]);
}

export function times(a: Dim, b: Dim): Dim {
  return normal(a.flatMap(([p, x]) => b.map(([q, y]) => [joined(p, q), x * y] as const)));
}

function joined(p: string, q: string): string {
  return [...p.split('*'), ...q.split('*')].filter(Boolean).sort().join('*');
}

/** A part of `count` equal ones, or undefined where the form does not show that there are such. */
export function part(dim: Dim, count: number): Dim | undefined {
  if (dim.some(([, times]) => times % count !== 0)) return undefined;
  return dim.map(([product, times]) => [product, times / count]);
}

/** What is left of a when b is taken away; undefined where that might not be a size. */
export function minus(a: Dim, b: Dim): Dim | undefined {
  const left = normal([...a, ...b.map(([product, times]) => [product, -times] as const)]);
  return left.length > 0 && left.every(([, times]) => times > 0) ? left : undefined;
}

/** The size with other sizes for its names; a name that is not there stays. */
export function substitute(dim: Dim, sizes: ReadonlyMap<string, Dim>): Dim {
  return dim.reduce<Dim>((sum, [product, count]) => {
    const factors = product === '' ? [] : product.split('*');
    const term = factors.reduce(
      (value, name) => times(value, sizes.get(name) ?? symbol(name)),
      number(count),
    );
    return plus(sum, term);
  }, []);
}

export function textOf(dim: Dim): string {
  return dim
    .map(([product, count]) =>
      product === ''
        ? String(count)
        : [...(count === 1 ? [] : [String(count)]), ...product.split('*')].join(' * '),
    )
    .join(' + ');
}

/** The text as it stands inside of a product or a template: with brackets where they are needed. */
export function shapeText(shape: Shape): string {
  return `[${shape.map(textOf).join(', ')}]`;
}

export function sameDim(a: Dim, b: Dim): boolean {
  return textOf(a) === textOf(b);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return shapeText(a) === shapeText(b);
}

/** How many elements a shape may have at most. */
export function mostElements(shape: Shape): number {
  const most = (dim: Dim): number =>
    dim.reduce((sum, [product, count]) => {
      const factors = product === '' ? 0 : product.split('*').length;
      return sum + count * LARGEST ** factors;
    }, 0);
  return shape.reduce((elements, dim) => elements * most(dim), 1);
}
