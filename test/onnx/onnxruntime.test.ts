// Whether ONNX Runtime, an implementation that shares nothing with ours or with ONNX's reference operators, gives the
// answers of data/. It does know sequence_lens, so it confirms how unequal lengths are meant. It is no dependency of this
// project, so this is skipped unless one says where it is:
//
//   npm install --prefix FOLDER onnxruntime-node
//   ONNXRUNTIME=FOLDER npx vitest run test/onnx/onnxruntime.test.ts
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { furtherCases, type OnnxCase, operatorTests } from './cases.ts';

/** As much of `onnxruntime-node` as is used here. */
interface OnnxRuntime {
  readonly Tensor: new (
    type: 'float32' | 'int32',
    data: Float32Array | Int32Array,
    shape: readonly number[],
  ) => { readonly data: Float32Array };
  readonly InferenceSession: {
    create(model: Uint8Array): Promise<{
      run(
        feeds: Readonly<Record<string, object>>,
      ): Promise<Readonly<Record<string, { readonly data: Float32Array }>>>;
    }>;
  };
}

const folder = process.env.ONNXRUNTIME;

/** The largest absolute difference: float32 on one side, values up to 3. */
const BOUND = 1e-6;

/** The version of the operators (the newest of RNN, LSTM and GRU), and one of the file format that goes with it. */
const [OPSET, FORMAT] = [22, 10];

const INPUTS = ['X', 'W', 'R', 'B', 'sequence_lens', 'initial_h'];
const INPUTS_OF: Readonly<Record<string, readonly string[]>> = {
  RNN: INPUTS,
  GRU: INPUTS,
  LSTM: [...INPUTS, 'initial_c', 'P'],
};
const OUTPUTS = ['Y', 'Y_h', 'Y_c'];

type Field = readonly [number: number, value: number | string | Uint8Array];

/** A message of protobuf: numbers as they are, all else behind its length. */
function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

/** A model of the one node. Tensors have any shape. */
function modelOf({ operator, direction, linearBeforeReset, inputs, outputs }: OnnxCase): Uint8Array {
  // AttributeProto: name 1, i 3, s 4, type 20, which is 2 for i and 3 for s.
  const attributes = [
    message([1, 'direction'], [4, direction], [20, 3]),
    message([1, 'hidden_size'], [3, inputs.get('R')!.shape.at(-1)!], [20, 2]),
    ...(linearBeforeReset ? [message([1, 'linear_before_reset'], [3, 1], [20, 2])] : []),
  ];
  const node = message(
    ...INPUTS_OF[operator].map((name): Field => [1, inputs.has(name) ? name : '']),
    ...OUTPUTS.slice(0, operator === 'LSTM' ? 3 : 2).map((name): Field => [2, outputs.has(name) ? name : '']),
    [4, operator],
    ...attributes.map((attribute): Field => [5, attribute]),
  );
  // ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; its elem_type 1, which is 1 for float32 and 6 for int32.
  const declared = (name: string): Uint8Array =>
    message([1, name], [2, message([1, message([1, name === 'sequence_lens' ? 6 : 1])])]);
  const graph = message(
    [1, node],
    [2, operator],
    ...[...inputs.keys()].map((name): Field => [11, declared(name)]),
    ...[...outputs.keys()].map((name): Field => [12, declared(name)]),
  );
  return message([1, FORMAT], [7, graph], [8, message([1, ''], [2, OPSET])]);
}

async function differenceOf(onnx: OnnxCase): Promise<number> {
  const { InferenceSession, Tensor }: OnnxRuntime = createRequire(join(resolve(folder!), 'any.js'))(
    'onnxruntime-node',
  );
  const session = await InferenceSession.create(modelOf(onnx));
  const feeds = [...onnx.inputs].map(([name, { element, shape, data }]) => [
    name,
    element === 'index'
      ? new Tensor('int32', Int32Array.from(data), shape)
      : new Tensor('float32', Float32Array.from(data), shape),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  return Math.max(
    ...[...onnx.outputs].flatMap(([name, { data }]) =>
      Array.from(data, (expected, i) => Math.abs(results[name].data[i] - expected)),
    ),
  );
}

/** It has no layout 1. */
const cases = [...operatorTests(), ...furtherCases()].filter(({ layout }) => layout === 0);

test.skipIf(folder === undefined)('ONNX Runtime gives the same', async () => {
  let largest = 0;
  for (const onnx of cases) {
    const difference = await differenceOf(onnx);
    expect(difference, onnx.name).toBeLessThanOrEqual(BOUND);
    largest = Math.max(largest, difference);
  }
  console.info(`${cases.length} cases, the largest difference ${largest}`);
});
