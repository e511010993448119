// Reading is strict: what is not a safetensors file is told in words, and never read as something else.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, SafetensorsError, writeSafetensors } from '../../src/tensor/safetensors.ts';
import { boolTensor, count, indexTensor, realTensor, type Tensor } from '../../src/tensor/tensor.ts';

function file(header: string | object, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const tensor: fc.Arbitrary<Tensor> = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
  .chain((shape) => {
    const n = count(shape);
    const numbers = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: n, maxLength: n });
    return fc.oneof(
      numbers(fc.double()).map((d) => realTensor(shape, d)),
      numbers(fc.integer()).map((d) => indexTensor(shape, d)),
      numbers(fc.integer({ min: 0, max: 1 })).map((d) => boolTensor(shape, d)),
    );
  });

describe('safetensors', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((s) => s !== '__metadata__'),
          tensor,
          { noNullPrototype: true },
        ),
        (object) => {
          const tensors = new Map(Object.entries(object));
          const back = readSafetensors(writeSafetensors(tensors, new Map([['format', 'rnn']])));
          expect(back.metadata).toEqual(new Map([['format', 'rnn']]));
          expect(back.tensors).toEqual(tensors);
        },
      ),
    );
  });

  it('reads the other element types', () => {
    const data = new Uint8Array([0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 5, 0xff]);
    const back = readSafetensors(
      file(
        {
          half: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
          brain: { dtype: 'BF16', shape: [], data_offsets: [4, 6] },
          bytes: { dtype: 'I8', shape: [2, 1], data_offsets: [6, 8] },
        },
        data,
      ),
    );
    expect([...(back.tensors.get('half')?.data ?? [])]).toEqual([1, -2]);
    expect([...(back.tensors.get('brain')?.data ?? [])]).toEqual([1]);
    expect([...(back.tensors.get('bytes')?.data ?? [])]).toEqual([5, -1]);
  });

  it.each([
    ['empty', new Uint8Array(), 'begins with 8'],
    ['a header longer than the file', file('{}').subarray(0, 9), 'cut off'],
    ['a huge header', new Uint8Array(8).fill(255), 'not the length of a header'],
    ['a text', new TextEncoder().encode('0.5 0.25 1.5'), 'it is a text file'],
    ['an archive', new Uint8Array([80, 75, 3, 4, 0, 0, 0, 0]), 'a zip archive'],
    ['a .npy file', new Uint8Array([147, 78, 85, 77, 80, 89, 1, 0]), 'a .npy file'],
    ['not JSON', file('hello'), 'not JSON'],
    ['a list', file('[]'), 'not an object'],
    ['an unknown type', file({ a: { dtype: 'X', shape: [], data_offsets: [0, 0] } }), 'element type X'],
    [
      'a type of every object',
      file({ a: { dtype: 'toString', shape: [], data_offsets: [0, 0] } }),
      'element type',
    ],
    [
      'too few bytes',
      file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, new Uint8Array(4)),
      'not the 4',
    ],
    [
      'a cut file',
      file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, new Uint8Array(4)),
      'cut off',
    ],
    ['bytes of nobody', file({}, new Uint8Array(3)), 'belong to no tensor'],
    [
      'overlap',
      file(
        {
          a: { dtype: 'I8', shape: [2], data_offsets: [0, 2] },
          b: { dtype: 'I8', shape: [2], data_offsets: [1, 3] },
        },
        new Uint8Array(3),
      ),
      'begins at byte 1',
    ],
    ['a negative size', file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 0] } }), 'list of sizes'],
    [
      'a large I64',
      file({ a: { dtype: 'I64', shape: [], data_offsets: [0, 8] } }, new Uint8Array(8).fill(127)),
      'no 32-bit integer',
    ],
  ])('refuses %s', (_, bytes, words) => {
    expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => readSafetensors(bytes)).toThrow(words);
  });
});
