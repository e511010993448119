// Symbolic sizes: polynomials over the sizes of a header (`4 * m`, `n + 1`) and quotients of such (`m / heads`), exact, in a
// normal form. Two sizes are equal if their normal forms are, so an equality that is shown once holds for every choice of
// numbers; of polynomials also only if.
//
// Normal form: whole coefficients over one positive denominator, with no common factor; terms with different
// monomials, none zero, in a fixed order. What a size is divided by has a negative exponent; a sum there is a symbol of
// its own. A symbol whose name starts with `?` is an unknown of inference; none is left in a checked program.

/** One monomial with its coefficient: `4 * m^2 / n` is 4, [[m, 2], [n, -1]]. Symbols ascend, no exponent is zero. */
export interface SizeTerm {
  readonly coefficient: bigint;
  readonly powers: readonly (readonly [symbol: string, exponent: number])[];
}

/** The sum of the terms divided by the denominator. */
export interface Size {
  readonly terms: readonly SizeTerm[];
  readonly denominator: bigint;
}

/** Values of symbols, or what stands in their place. */
export type SizeBinding = ReadonlyMap<string, Size>;

/** A size with more terms than this, or a larger degree, is not one that a person wrote in earnest. */
const MOST_TERMS = 64;
const LARGEST_DEGREE = 16;
/** Grid points that `isWhole` looks at before it gives up. */
const MOST_POINTS = 4096;

function keyOf(powers: SizeTerm['powers']): string {
  return powers.map(([symbol, exponent]) => `${symbol}^${exponent}`).join('*');
}

function degreeOf(term: SizeTerm): number {
  return term.powers.reduce((sum, [, exponent]) => sum + exponent, 0);
}

/** Sums that something is divided by, by the symbols that stand for them: `(m + n)`. */
const sums = new Map<string, Size>();

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** Puts terms into the normal form. The denominator must not be zero. */
function normalize(terms: readonly SizeTerm[], denominator: bigint): Size {
  const byKey = new Map<string, SizeTerm>();
  for (const term of terms) {
    const key = keyOf(term.powers);
    const before = byKey.get(key)?.coefficient ?? 0n;
    byKey.set(key, { coefficient: before + term.coefficient, powers: term.powers });
  }
  const kept = [...byKey.entries()].filter(([, term]) => term.coefficient !== 0n);
  // Higher degrees first, then by name: `m^2 + m + n + 1`.
  kept.sort(([a, x], [b, y]) => degreeOf(y) - degreeOf(x) || (a < b ? -1 : 1));
  let common = denominator;
  for (const [, term] of kept) common = gcd(common, term.coefficient);
  if (denominator < 0n) common = -(common < 0n ? -common : common);
  return {
    terms: kept.map(([, term]) => ({ coefficient: term.coefficient / common, powers: term.powers })),
    denominator: kept.length === 0 ? 1n : denominator / common,
  };
}

/** A number as a size. It must be whole. */
export function sizeOf(value: number | bigint): Size {
  return normalize([{ coefficient: BigInt(value), powers: [] }], 1n);
}

/** A symbol of a header, or an unknown. */
export function sizeSymbol(name: string): Size {
  return { terms: [{ coefficient: 1n, powers: [[name, 1]] }], denominator: 1n };
}

/** The length of the sequence that is meant: a symbol that no header has, and that is no number before a sequence is there. */
export function lengthSize(axis: string): Size {
  return sizeSymbol(`@${axis}`);
}

/** Whether a symbol is the length of a sequence. */
export function isLength(symbol: string): boolean {
  return symbol.startsWith('@');
}

/** The one symbol that a size is, by itself; undefined where it is anything else. */
export function soleSymbol(size: Size): string | undefined {
  const [term, ...more] = size.terms;
  const isPlain = more.length === 0 && term?.coefficient === 1n && size.denominator === 1n;
  const [power, ...others] = isPlain ? term.powers : [];
  return others.length === 0 && power?.[1] === 1 ? power[0] : undefined;
}

export function addSizes(a: Size, b: Size): Size {
  const scale = (size: Size, factor: bigint): SizeTerm[] =>
    size.terms.map((term) => ({ coefficient: term.coefficient * factor, powers: term.powers }));
  return normalize([...scale(a, b.denominator), ...scale(b, a.denominator)], a.denominator * b.denominator);
}

export function subtractSizes(a: Size, b: Size): Size {
  return addSizes(a, scaleSize(b, -1n, 1n));
}

function multiplyPowers(a: SizeTerm['powers'], b: SizeTerm['powers']): SizeTerm['powers'] {
  const exponents = new Map(a);
  for (const [symbol, exponent] of b) exponents.set(symbol, (exponents.get(symbol) ?? 0) + exponent);
  return [...exponents].filter(([, exponent]) => exponent !== 0).sort(([x], [y]) => (x < y ? -1 : 1));
}

export function multiplySizes(a: Size, b: Size): Size {
  const terms = a.terms.flatMap((x) =>
    b.terms.map((y) => ({
      coefficient: x.coefficient * y.coefficient,
      powers: multiplyPowers(x.powers, y.powers),
    })),
  );
  return normalize(terms, a.denominator * b.denominator);
}

/** A size times a fraction. `denominator` must not be zero. */
export function scaleSize(size: Size, numerator: bigint, denominator: bigint): Size {
  const terms = size.terms.map((term) => ({
    coefficient: term.coefficient * numerator,
    powers: term.powers,
  }));
  return normalize(terms, size.denominator * denominator);
}

/** One divided by a size that is not zero. */
function inverse(size: Size): Size {
  const [term] = size.terms;
  if (size.terms.length > 1) {
    const text = size.terms.map(({ coefficient, powers }) => `${coefficient} * ${keyOf(powers)}`).join(' + ');
    const symbol = `(${text} / ${size.denominator})`;
    sums.set(symbol, size);
    return { terms: [{ coefficient: 1n, powers: [[symbol, -1]] }], denominator: 1n };
  }
  const powers = term.powers.map(([symbol, exponent]) => [symbol, -exponent] as const);
  return normalize([{ coefficient: size.denominator, powers }], term.coefficient);
}

/** The quotient of two sizes; the second must not be zero. It may not be whole for every choice of their symbols. */
export function divideSizes(a: Size, b: Size): Size {
  return multiplySizes(a, inverse(b));
}

export function sameSize(a: Size, b: Size): boolean {
  return (
    a.denominator === b.denominator &&
    a.terms.length === b.terms.length &&
    a.terms.every((term, i) => {
      const other = b.terms[i];
      return term.coefficient === other.coefficient && keyOf(term.powers) === keyOf(other.powers);
    })
  );
}

/** The number that a size without symbols is, as a fraction; undefined where it has symbols. */
export function constantSize(size: Size): { numerator: bigint; denominator: bigint } | undefined {
  if (size.terms.length === 0) return { numerator: 0n, denominator: 1n };
  const [term] = size.terms;
  if (size.terms.length > 1 || term.powers.length > 0) return undefined;
  return { numerator: term.coefficient, denominator: size.denominator };
}

/** The symbols and unknowns of a size, each once. */
export function symbolsOf(size: Size): readonly string[] {
  const all = size.terms.flatMap((term) =>
    term.powers.flatMap(([symbol]) => {
      const sum = sums.get(symbol);
      return sum === undefined ? [symbol] : symbolsOf(sum);
    }),
  );
  return [...new Set(all)];
}

/** Puts sizes in the place of symbols; a symbol without a binding stays. */
export function substituteSize(size: Size, binding: SizeBinding): Size {
  if (!symbolsOf(size).some((symbol) => binding.has(symbol))) return size;
  let sum = sizeOf(0);
  for (const term of size.terms) {
    let product: Size = sizeOf(term.coefficient);
    for (const [symbol, exponent] of term.powers) {
      const inner = sums.get(symbol);
      const value =
        inner === undefined ? (binding.get(symbol) ?? sizeSymbol(symbol)) : substituteSize(inner, binding);
      const factor = exponent < 0 ? inverse(value) : value;
      for (let i = 0; i < Math.abs(exponent); i++) product = multiplySizes(product, factor);
    }
    sum = addSizes(sum, product);
  }
  return scaleSize(sum, 1n, size.denominator);
}

/**
 * The value of a size where its symbols have these values (whole numbers), or undefined where one has none. It need
 * not be whole or positive: whoever asks must look.
 */
export function evaluateSize(size: Size, values: ReadonlyMap<string, number>): number | undefined {
  let [numerator, denominator] = [0n, 1n];
  for (const term of size.terms) {
    let [above, below] = [term.coefficient, size.denominator];
    for (const [symbol, exponent] of term.powers) {
      const sum = sums.get(symbol);
      const value = sum === undefined ? values.get(symbol) : evaluateSize(sum, values);
      if (value === undefined) return undefined;
      if (!Number.isInteger(value) || (exponent < 0 && value === 0)) return Number.NaN;
      if (exponent > 0) above *= BigInt(value) ** BigInt(exponent);
      else below *= BigInt(value) ** BigInt(-exponent);
    }
    [numerator, denominator] = [numerator * below + above * denominator, denominator * below];
  }
  const whole = numerator % denominator === 0n;
  return whole ? Number(numerator / denominator) : Number(numerator) / Number(denominator);
}

/**
 * Whether a size is a whole number for all whole numbers that its symbols may be: `m` and `(m^2 + m) / 2` are, `m / 2`
 * is not. A polynomial is, if it is on the grid from 0 to its degree in each symbol (Polya 1915).
 */
export function isWhole(size: Size): boolean {
  if (isQuotient(size)) return false;
  if (size.denominator === 1n) return true;
  const degrees = new Map<string, number>();
  for (const [symbol, exponent] of size.terms.flatMap((term) => term.powers)) {
    degrees.set(symbol, Math.max(degrees.get(symbol) ?? 0, exponent));
  }
  const symbols = [...degrees.keys()];
  const points = symbols.reduce((product, symbol) => product * ((degrees.get(symbol) ?? 0) + 1), 1);
  if (points > MOST_POINTS) return false;
  for (let point = 0; point < points; point++) {
    const values = new Map<string, number>();
    let rest = point;
    for (const symbol of symbols) {
      const extent = (degrees.get(symbol) ?? 0) + 1;
      values.set(symbol, rest % extent);
      rest = Math.floor(rest / extent);
    }
    if (!Number.isInteger(evaluateSize(size, values))) return false;
  }
  return true;
}

/** Whether it is divided by a size of the header: whoever wrote that takes it for whole. */
export function isQuotient(size: Size): boolean {
  return size.terms.some(({ powers }) => powers.some(([, exponent]) => exponent < 0));
}

/** Whether a size is below 1 for all sizes that its symbols may be (1 and up), as far as its signs show it. */
export function isNeverPositive(size: Size): boolean {
  return size.terms.every((term) => term.coefficient < 0n);
}

/** Whether a size is one that can be computed with: few terms, of a small degree, with numbers that are sizes. */
export function isManageable(size: Size): boolean {
  const limit = 1n << 53n;
  return (
    size.terms.length <= MOST_TERMS &&
    size.denominator < limit &&
    size.terms.every((t) => extentOf(t) <= LARGEST_DEGREE && t.coefficient < limit && t.coefficient > -limit)
  );
}

/** A degree to which division counts as well. */
function extentOf(term: SizeTerm): number {
  return term.powers.reduce((sum, [, exponent]) => sum + Math.abs(exponent), 0);
}

function showTerm(term: SizeTerm): string {
  const power = ([symbol, exponent]: SizeTerm['powers'][number]): string => {
    const sum = sums.get(symbol);
    const text = sum === undefined ? symbol : `(${showSize(sum)})`;
    return Math.abs(exponent) === 1 ? text : `${text}^${Math.abs(exponent)}`;
  };
  const above = term.powers.filter(([, exponent]) => exponent > 0).map(power);
  const below = term.powers.filter(([, exponent]) => exponent < 0).map(power);
  const size = term.coefficient < 0n ? -term.coefficient : term.coefficient;
  const product = (size === 1n && above.length > 0 ? above : [String(size), ...above]).join(' * ');
  return [product, ...below].join(' / ');
}

/** As a person writes it: `4 * m`, `m + n - 1`, `(m^2 + m) / 2`. An unknown is shown as `?`. */
export function showSize(size: Size): string {
  if (size.terms.length === 0) return '0';
  // Not with a minus in front, where there is something to take from: `n - m`.
  const first = size.terms.find((term) => term.coefficient > 0n) ?? size.terms[0];
  const text = [first, ...size.terms.filter((term) => term !== first)]
    .map((term, i) => {
      const minus = term.coefficient < 0n;
      if (i === 0) return `${minus ? '-' : ''}${showTerm(term)}`;
      return `${minus ? '-' : '+'} ${showTerm(term)}`;
    })
    .join(' ')
    .replaceAll(/\?[0-9]+/g, '?')
    .replaceAll('@', '');
  if (size.denominator === 1n) return text;
  return size.terms.length === 1 ? `${text} / ${size.denominator}` : `(${text}) / ${size.denominator}`;
}

/** `[4 * m, n]`, `[]`. */
export function showSizes(sizes: readonly Size[]): string {
  return `[${sizes.map(showSize).join(', ')}]`;
}

/**
 * The unknown sizes of one cell while it is checked, and what has become of them. An equation is solved for an
 * unknown that stands in it just once, by itself; what cannot be solved yet waits for the others.
 */
export class SizeUnknowns {
  #count = 0;
  readonly #solved = new Map<string, Size>();
  #waiting: { readonly difference: Size; readonly fail: (difference: Size) => void }[] = [];

  /** A new unknown. */
  fresh(): Size {
    return sizeSymbol(`?${this.#count++}`);
  }

  /** The size with everything put in that is known by now. */
  resolve(size: Size): Size {
    let current = size;
    while (symbolsOf(current).some((symbol) => this.#solved.has(symbol))) {
      current = substituteSize(current, this.#solved);
    }
    return current;
  }

  /** Whether unknowns are left in it. */
  isOpen(size: Size): boolean {
    return symbolsOf(this.resolve(size)).some(isUnknown);
  }

  /**
   * Makes two sizes equal. False where they cannot be. Where it does not show yet, `fail` is called later, by
   * `settle`, if it turns out so.
   */
  unify(a: Size, b: Size, fail: () => void): boolean {
    const difference = this.resolve(subtractSizes(a, b));
    const answer = this.#solve(difference);
    if (answer === 'waiting') this.#waiting.push({ difference, fail });
    return answer !== 'different';
  }

  /** Solves what waits, as far as it goes. Equations that are still open stay and are returned to nobody. */
  settle(): void {
    for (let progress = true; progress; ) {
      progress = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const entry of waiting) {
        const answer = this.#solve(this.resolve(entry.difference));
        if (answer === 'waiting') this.#waiting.push(entry);
        else progress = true;
        if (answer === 'different') entry.fail(entry.difference);
      }
    }
  }

  #solve(difference: Size): 'equal' | 'different' | 'waiting' {
    if (difference.terms.length === 0) return 'equal';
    const unknowns = symbolsOf(difference).filter(isUnknown);
    if (unknowns.length === 0) return 'different';
    for (const unknown of unknowns) {
      const holders = difference.terms.filter((term) => term.powers.some(([symbol]) => symbol === unknown));
      const [term] = holders;
      // Alone in one term; inside of a sum that something is divided by it is in none.
      const stands = holders.length === 1 && term.powers.length === 1 && term.powers[0][1] === 1;
      const others = difference.terms.filter((other) => other !== term);
      if (!stands || symbolsOf({ terms: others, denominator: 1n }).includes(unknown)) continue;
      const rest = normalize(others, difference.denominator);
      // coefficient / denominator * unknown + rest = 0
      this.#solved.set(unknown, scaleSize(rest, -difference.denominator, term.coefficient));
      return 'equal';
    }
    return 'waiting';
  }
}

function isUnknown(symbol: string): boolean {
  return symbol.startsWith('?');
}
