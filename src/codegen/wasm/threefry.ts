// The random numbers of base/random.ts on four counters at once, bit for bit.

import type { Code, Local } from './code.ts';

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const PARITY = 0x1bd11bda;

/**
 * Leaves uniform reals in [0, 1) of 24 bits on the stack: threefry2x32 of 20 rounds with the key (`seed`, `name`) and
 * the counter (`step`, `position`), all int32.
 */
export function emitUniform(code: Code, seed: Local, name: Local, step: Local, position: Local): void {
  const parity = code.get(seed, name).op('v128.xor').ints(PARITY).op('v128.xor').keep('v128');
  const keys = [seed, name, parity];
  const x = code.get(step, seed).op('i32x4.add').keep('v128');
  const y = code.get(position, name).op('i32x4.add').keep('v128');
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round % 8];
    code.get(x, y).op('i32x4.add').set(x);
    code.get(y).int(rotation).op('i32x4.shl');
    code
      .get(y)
      .int(32 - rotation)
      .op('i32x4.shr_u', 'v128.or')
      .get(x)
      .op('v128.xor')
      .set(y);
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    code
      .get(x, keys[injection % 3])
      .op('i32x4.add')
      .set(x);
    code
      .get(y, keys[(injection + 1) % 3])
      .op('i32x4.add')
      .ints(injection)
      .op('i32x4.add')
      .set(y);
  }
  code.get(x).int(8).op('i32x4.shr_u', 'f32x4.convert_i32x4_s');
  code.floats(2 ** -24).op('f32x4.mul');
}
