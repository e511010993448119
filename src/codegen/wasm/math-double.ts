// Functions of float32 that need more digits on the way than float32 has: sin and cos (the argument's reduction), pow
// (an error in the logarithm grows with the exponent), mod (the quotient). They are computed on two float64 at a time.
// Errors, measured in test/codegen/math.test.ts: pow 1e-7 relative; sin and cos 1e-7 absolute for |x| < 2^29 and NaN
// beyond, where neighbouring float32 numbers lie further apart than a period; mod as the remainder for |x / y| < 2^29.

import type { Code, Local } from './code.ts';

/** pi/2 in two parts: the first has 33 bits, so that its product with a number of quarter turns is exact. */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;

/** (sin(r) / r - 1) / r^2 in r^2, for |r| <= pi/4. */
const SIN = [-0.16666666641425912, 0.008333329362254583, -0.00019839327136043547, 2.7182373133662577e-6];

/** (cos(r) - 1 + r^2 / 2) / r^4 in r^2, for |r| <= pi/4. */
const COS = [0.04166666662247367, -0.0013888883722258374, 2.479951165943775e-5, -2.7209539068894686e-7];

/** log2(m) / s in s^2, for s = (m - 1) / (m + 1) and m from 1/sqrt(2) to sqrt(2). */
const LOG2 = [
  2.8853900817778495, 0.9617966941142391, 0.5770779421100869, 0.4122092776939257, 0.31990467132981804,
  0.2829146819240994,
];

/** 2^f for |f| <= 1/2. */
const EXP2 = [
  0.9999999999592625, 0.6931471805352016, 0.24022651213521876, 0.05550410975543638, 0.009618025608502412,
  0.001333342310235914, 0.00015469730485294898, 1.5316356435962102e-5,
];

/** Added to a float64 of less than 2^51, it brings the whole part into the lowest bits: 1.5 * 2^52. */
const WHOLE = 6755399441055744;

/** The upper 32 bits of the float64 nearest to 1/sqrt(2), and of the mantissa. */
const SQRT_HALF_HIGH = 0x3fe6a09e;
const MANTISSA_HIGH = 0x000fffff;

function polynomial(code: Code, x: Local, coefficients: readonly number[]): void {
  code.doubles(coefficients.at(-1)!);
  for (const coefficient of coefficients.slice(0, -1).reverse()) {
    code.get(x).op('f64x2.mul').doubles(coefficient).op('f64x2.add');
  }
}

/** Applies a function of float64 pairs to four float32: the lower two, the upper two, and both put together. */
function inHalves(code: Code, operands: readonly Local[], emit: (halves: readonly Local[]) => void): void {
  const halves = [0, 2].map((first) => {
    const parts = operands.map((operand) => {
      code.get(operand);
      if (first > 0) code.get(operand).shuffle(2, 3, 2, 3);
      return code.op('f64x2.promote_low_f32x4').keep('v128');
    });
    emit(parts);
    return code.op('f32x4.demote_f64x2_zero').keep('v128');
  });
  code.get(...halves).shuffle(0, 1, 4, 5);
}

/** sin of x plus `quarters` quarter turns. */
function emitSine(code: Code, x: Local, quarters: number): void {
  inHalves(code, [x], ([a]) => {
    const n = code
      .get(a)
      .doubles(2 / Math.PI)
      .op('f64x2.mul', 'f64x2.nearest')
      .keep('v128');
    code.get(a, n).doubles(HALF_PI_HIGH).op('f64x2.mul', 'f64x2.sub');
    const r = code.get(n).doubles(HALF_PI_LOW).op('f64x2.mul', 'f64x2.sub').keep('v128');
    const z = code.get(r, r).op('f64x2.mul').keep('v128');
    polynomial(code, z, SIN);
    const sin = code.get(z, r).op('f64x2.mul', 'f64x2.mul').get(r).op('f64x2.add').keep('v128');
    polynomial(code, z, COS);
    code.get(z, z).op('f64x2.mul', 'f64x2.mul').doubles(1).op('f64x2.add');
    const cos = code.get(z).doubles(0.5).op('f64x2.mul', 'f64x2.sub').keep('v128');
    // Bit 0 of the quarter says which of both, bit 1 the sign.
    const quarter = code
      .get(n)
      .doubles(WHOLE + quarters)
      .op('f64x2.add')
      .keep('v128');
    const odd = code.get(quarter).int(63).op('i64x2.shl').keep('v128');
    // A mask of 64 bits: the upper half of `odd` is its sign, spread over both halves.
    const upper = code.get(odd).int(31).op('i32x4.shr_s').keep('v128');
    const mask = code.get(upper, upper).shuffle(1, 1, 3, 3).keep('v128');
    const sign = code.get(quarter).int(1).op('i64x2.shr_u').int(63).op('i64x2.shl').keep('v128');
    code.get(cos, sin, mask).op('v128.bitselect').get(sign).op('v128.xor').doubles(Number.NaN);
    code
      .get(a)
      .op('f64x2.abs')
      .doubles(2 ** 29)
      .op('f64x2.lt', 'v128.bitselect');
  });
}

export function emitSin(code: Code, x: Local): void {
  emitSine(code, x, 0);
}

export function emitCos(code: Code, x: Local): void {
  emitSine(code, x, 1);
}

/** 2^(y * log2 |x|), with the sign and the special values of ECMAScript's `**`. */
export function emitPow(code: Code, x: Local, y: Local): void {
  inHalves(code, [x, y], ([a, b]) => {
    const size = code.get(a).op('f64x2.abs').keep('v128');
    // The exponent counted from 1/sqrt(2) on, as in the logarithm of float32, on the upper half of the bits.
    const above = code.get(size).ints(0, SQRT_HALF_HIGH, 0, SQRT_HALF_HIGH).op('i32x4.sub').keep('v128');
    const exponent = code.get(above, above).shuffle(1, 3, 1, 3).int(20).op('i32x4.shr_s').keep('v128');
    code.get(above).ints(-1, MANTISSA_HIGH, -1, MANTISSA_HIGH).op('v128.and');
    const m = code.ints(0, SQRT_HALF_HIGH, 0, SQRT_HALF_HIGH).op('i32x4.add').keep('v128');
    code.get(m).doubles(1).op('f64x2.sub').get(m).doubles(1).op('f64x2.add', 'f64x2.div');
    const s = code.keep('v128');
    const z = code.get(s, s).op('f64x2.mul').keep('v128');
    polynomial(code, z, LOG2);
    code.get(s).op('f64x2.mul').get(exponent).op('f64x2.convert_low_i32x4_s', 'f64x2.add');
    const finite = code.keep('v128');
    code.doubles(Number.NEGATIVE_INFINITY).get(finite, size).doubles(0).op('f64x2.eq', 'v128.bitselect');
    const low = code.keep('v128');
    code.get(size, low, size).doubles(Number.POSITIVE_INFINITY).op('f64x2.eq', 'v128.bitselect');
    // Beyond 2^200 and 2^-200 a float32 is infinite or zero.
    code.get(b).op('f64x2.mul').doubles(-200).op('f64x2.max').doubles(200).op('f64x2.min');
    const power = code.keep('v128');
    const n = code.get(power).op('f64x2.nearest').keep('v128');
    const f = code.get(power, n).op('f64x2.sub').keep('v128');
    polynomial(code, f, EXP2);
    code
      .get(n)
      .doubles(WHOLE + 1023)
      .op('f64x2.add')
      .int(52)
      .op('i64x2.shl', 'f64x2.mul');
    const absolute = code.keep('v128');

    const negative = code.get(a).int(31).op('i32x4.shr_s').keep('v128');
    const signBit = code.get(negative, negative).shuffle(1, 1, 3, 3).keep('v128');
    code.get(b).doubles(0.5).op('f64x2.mul', 'f64x2.floor').doubles(2).op('f64x2.mul');
    const even = code.get(b).op('f64x2.eq').keep('v128');
    const whole = code.get(b).op('f64x2.floor').get(b).op('f64x2.eq').keep('v128');
    // An odd power keeps the sign.
    code.get(absolute, signBit, whole, even).op('v128.andnot', 'v128.and');
    code.doubles(-0).op('v128.and', 'v128.xor');
    const signed = code.keep('v128');
    // NaN: of NaN, and of a finite number below zero to a power that is not whole.
    code.get(a, a).op('f64x2.ne').get(a).doubles(0).op('f64x2.lt');
    code.get(a).doubles(Number.NEGATIVE_INFINITY).op('f64x2.ne', 'v128.and');
    code.get(whole).op('v128.andnot', 'v128.or');
    const invalid = code.keep('v128');
    code.doubles(Number.NaN).get(signed, invalid).op('v128.bitselect');
    const checked = code.keep('v128');
    // Anything to the power of zero is 1.
    code.doubles(1).get(checked, b).doubles(0).op('f64x2.eq', 'v128.bitselect');
  });
}

/** x - y * floor(x / y). */
export function emitMod(code: Code, x: Local, y: Local): void {
  inHalves(code, [x, y], ([a, b]) => {
    code.get(a, b, a, b).op('f64x2.div', 'f64x2.floor', 'f64x2.mul', 'f64x2.sub');
    const rest = code.keep('v128');
    // By an infinite y: x itself where the signs agree or x is zero, else y.
    const opposite = code.get(a, b).op('v128.xor').int(31).op('i32x4.shr_s').keep('v128');
    code.get(b, a).get(opposite, opposite).shuffle(1, 1, 3, 3).get(a).doubles(0).op('f64x2.ne', 'v128.and');
    const far = code.op('v128.bitselect').keep('v128');
    code.get(far, rest, b).op('f64x2.abs').doubles(Number.POSITIVE_INFINITY).op('f64x2.eq');
    code
      .get(a)
      .op('f64x2.abs')
      .doubles(Number.POSITIVE_INFINITY)
      .op('f64x2.lt', 'v128.and', 'v128.bitselect');
  });
}
