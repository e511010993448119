// Elementary functions of four float32 at once, from polynomials and nothing else, so that every engine gives the same
// numbers. Coefficients are minimax fits on the reduced ranges, found by iteratively reweighted least squares. Relative
// errors, measured in test/codegen/math.test.ts over the whole range of float32: exp, log, log1p, tanh and sigmoid
// 3e-7 (near the smallest numbers: half of the smallest one). Infinities, zeros, NaN and numbers below the normal ones
// come out as Math has them.
//
// The argument reduction is that of W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980.

import type { Code, Local } from './code.ts';

/** Leaves the function of `x` (and `y`) on the stack. */
export type EmitFunction = (code: Code, x: Local, y: Local) => void;

/** ln 2 in two parts: the first has 15 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = 1.428606765330187e-6;

/** (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2. */
const EXP = [
  0.4999999403953552, 0.16666516661643982, 0.041668422520160675, 0.008369111455976963, 0.001381410052999854,
];

/** (2 atanh(s) / s - 2) / s^2 in s^2, for s = (m - 1) / (m + 1) and m from 1/sqrt(2) to sqrt(2). */
const LOG = [0.6666666269302368, 0.4000033438205719, 0.28537285327911377, 0.23582594096660614];

/** (tanh(x) / x - 1) / x^2 in x^2, for |x| <= 0.625. */
const TANH = [
  -0.3333328366279602, 0.13331490755081177, -0.053743503987789154, 0.02065061591565609, -0.005717086140066385,
];

/** A polynomial by Horner's rule, lowest coefficient first. */
function polynomial(code: Code, x: Local, coefficients: readonly number[]): void {
  code.floats(coefficients.at(-1)!);
  for (const coefficient of coefficients.slice(0, -1).reverse()) {
    code.get(x).op('f32x4.mul').floats(coefficient).op('f32x4.add');
  }
}

/** 2^n for whole n from -126 to 127, as integers. */
function powerOfTwo(code: Code, n: Local): void {
  code.get(n).ints(127).op('i32x4.add').int(23).op('i32x4.shl');
}

export function emitExp(code: Code, x: Local): void {
  // Beyond these bounds the result is infinite or zero. NaN passes through min and max.
  const held = code.get(x).floats(-104).op('f32x4.max').floats(89).op('f32x4.min').keep('v128');
  const n = code.get(held).floats(Math.LOG2E).op('f32x4.mul', 'f32x4.nearest').keep('v128');
  code.get(held, n).floats(LN2_HIGH).op('f32x4.mul', 'f32x4.sub');
  const r = code.get(n).floats(LN2_LOW).op('f32x4.mul', 'f32x4.sub').keep('v128');
  polynomial(code, r, EXP);
  code.get(r, r).op('f32x4.mul', 'f32x4.mul').get(r).op('f32x4.add').floats(1).op('f32x4.add');
  // By 2^n in two halves: 2^128 and 2^-149 are no float32 numbers by way of their exponent.
  const whole = code.get(n).op('i32x4.trunc_sat_f32x4_s').keep('v128');
  const half = code.get(whole).int(1).op('i32x4.shr_s').keep('v128');
  powerOfTwo(code, half);
  code.op('f32x4.mul');
  const rest = code.get(whole, half).op('i32x4.sub').keep('v128');
  powerOfTwo(code, rest);
  code.op('f32x4.mul');
}

export function emitLog(code: Code, x: Local): void {
  // Numbers below the normal ones are scaled up by 2^23 first.
  const tiny = code
    .get(x)
    .floats(2 ** -126)
    .op('f32x4.lt')
    .keep('v128');
  const scaled = code
    .get(x)
    .floats(2 ** 23)
    .op('f32x4.mul')
    .get(x, tiny)
    .op('v128.bitselect')
    .keep('v128');
  // m from 1/sqrt(2) to sqrt(2): the exponent is counted from 1/sqrt(2) on.
  const above = code.get(scaled).ints(SQRT_HALF_BITS).op('i32x4.sub').keep('v128');
  code.get(above).int(23).op('i32x4.shr_s', 'f32x4.convert_i32x4_s');
  const k = code.floats(-23).get(tiny).op('v128.and', 'f32x4.add').keep('v128');
  code.get(above).ints(0x007fffff).op('v128.and').ints(SQRT_HALF_BITS).op('i32x4.add');
  const f = code.floats(1).op('f32x4.sub').keep('v128');
  const s = code.get(f, f).floats(2).op('f32x4.add', 'f32x4.div').keep('v128');
  const z = code.get(s, s).op('f32x4.mul').keep('v128');
  const half = code.get(f, f).op('f32x4.mul').floats(0.5).op('f32x4.mul').keep('v128');
  // log(1 + f) = f - (f^2/2 - s * (f^2/2 + z * LOG(z))): the small terms first, f last.
  code.get(k).floats(LN2_HIGH).op('f32x4.mul').get(half, s, half);
  polynomial(code, z, LOG);
  code.get(z).op('f32x4.mul', 'f32x4.add', 'f32x4.mul');
  code.get(k).floats(LN2_LOW).op('f32x4.mul', 'f32x4.add', 'f32x4.sub');
  code.get(f).op('f32x4.sub', 'f32x4.sub');
  const result = code.keep('v128');
  // 0 gives -infinity, what is below NaN, infinity itself.
  code.floats(Number.NEGATIVE_INFINITY).get(result, x).floats(0).op('f32x4.eq', 'v128.bitselect');
  const zeroed = code.keep('v128');
  code.get(zeroed).floats(Number.NaN).get(x).floats(0).op('f32x4.ge', 'v128.bitselect');
  const checked = code.keep('v128');
  code.get(x, checked, x).floats(Number.POSITIVE_INFINITY).op('f32x4.eq', 'v128.bitselect');
}

/** The bits of the float32 nearest to 1/sqrt(2). */
const SQRT_HALF_BITS = 0x3f3504f3;

/**
 * With u = 1 + x rounded, log(u) * x / (u - 1): the rounding of u stands above and below and cancels (W. Kahan, see
 * HP-15C Advanced Functions Handbook, 1982).
 */
export function emitLog1p(code: Code, x: Local): void {
  const u = code.get(x).floats(1).op('f32x4.add').keep('v128');
  emitLog(code, u);
  const log = code.keep('v128');
  const ratio = code.get(x, u).floats(1).op('f32x4.sub', 'f32x4.div').keep('v128');
  code.get(log, ratio).op('f32x4.mul');
  const general = code.keep('v128');
  // Where u is 1 the result is x; where it is infinite the ratio is not a number, and the result u.
  code.get(x, general, u).floats(1).op('f32x4.eq', 'v128.bitselect');
  const near = code.keep('v128');
  code.get(u, near, u).floats(Number.POSITIVE_INFINITY).op('f32x4.eq', 'v128.bitselect');
}

export function emitTanh(code: Code, x: Local): void {
  const size = code.get(x).op('f32x4.abs').keep('v128');
  const z = code.get(x, x).op('f32x4.mul').keep('v128');
  // Near zero 1 - 2 / (e^2x + 1) would lose its digits.
  polynomial(code, z, TANH);
  const near = code.get(z, x).op('f32x4.mul', 'f32x4.mul').get(x).op('f32x4.add').keep('v128');
  const doubled = code.get(size, size).op('f32x4.add').keep('v128');
  emitExp(code, doubled);
  const exp = code.keep('v128');
  code.floats(1).floats(2).get(exp).floats(1).op('f32x4.add', 'f32x4.div', 'f32x4.sub');
  const far = code
    .get(x)
    .ints(1 << 31)
    .op('v128.and', 'v128.or')
    .keep('v128');
  code.get(near, far, size).floats(0.625).op('f32x4.lt', 'v128.bitselect');
}

/** 1 / (1 + e^-x) for x >= 0 and e^x / (1 + e^x) below: with one exponential, of what is not positive. */
export function emitSigmoid(code: Code, x: Local): void {
  const negative = code.get(x).op('f32x4.abs', 'f32x4.neg').keep('v128');
  emitExp(code, negative);
  const exp = code.keep('v128');
  code.get(exp).floats(1).get(x).floats(0).op('f32x4.lt', 'v128.bitselect');
  code.floats(1).get(exp).op('f32x4.add', 'f32x4.div');
}
