// The encoder alone: numbers in LEB128 as the specification writes them, and modules that an engine takes.
import { describe, expect, test } from 'vitest';
import { encodeModule, pushSigned, pushUnsigned } from '../../../src/codegen/wasm/binary.ts';
import { Code, ConstantPool } from '../../../src/codegen/wasm/code.ts';

declare const WebAssembly: {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  instantiate(
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<{ instance: { exports: Record<string, (x: number) => number> } }>;
};

function bytes(write: (out: number[]) => void): number[] {
  const out: number[] = [];
  write(out);
  return out;
}

test.each([
  [0, [0]],
  [127, [0x7f]],
  [128, [0x80, 1]],
  [624485, [0xe5, 0x8e, 0x26]],
  [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
])('%i without a sign', (value, expected) => {
  expect(bytes((out) => pushUnsigned(out, value))).toEqual(expected);
});

test.each([
  [0, [0]],
  [63, [0x3f]],
  [64, [0xc0, 0]],
  [-1, [0x7f]],
  [-64, [0x40]],
  [-123456, [0xc0, 0xbb, 0x78]],
  [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
])('%i with a sign', (value, expected) => {
  expect(bytes((out) => pushSigned(out, value))).toEqual(expected);
});

describe('modules', () => {
  const pool = (): ConstantPool => new ConstantPool(64, 32);

  test('a loop, a branch and locals of several types', async () => {
    const constants = pool();
    // The sum of the odd numbers below x.
    const code = new Code(constants, ['i32'], ['i32']);
    const x = code.parameter(0);
    const sum = code.int(0).keep('i32');
    code.floats(1).keep('v128');
    const i = code.int(0).keep('i32');
    code.while(
      () => code.get(i, x).op('i32.lt_s'),
      () => {
        code
          .get(i)
          .int(1)
          .op('i32.and')
          .if(() => {
            code.advance(sum, i);
          });
        code.advance(i, { bytes: 1 });
      },
    );
    code.get(sum);
    const module = encodeModule({
      functions: [code.finish('odd Ω')],
      exports: new Map([['odd', 0]]),
      pages: 1,
      data: [constants.data],
    });
    expect(WebAssembly.validate(module)).toBe(true);
    const { instance } = await WebAssembly.instantiate(module);
    expect(instance.exports.odd(10)).toBe(25);
    expect(instance.exports.odd(0)).toBe(0);
  });

  test('a constant stands once in the pool, and beside it where the pool is full', () => {
    const constants = pool();
    const addresses = [1, 2, 1, 3].map((n) => constants.addressOf(Array<number>(16).fill(n)));
    expect(addresses).toEqual([64, 80, 64, undefined]);
    expect(constants.data.bytes).toHaveLength(32);
  });
});
