// `rnn run`: a cell or a model evaluated on arrays from a file.

import { TARGETS } from '../../compile.ts';
import { runProgram } from '../../study/run.ts';
import {
  readSafetensors,
  SafetensorsError,
  type SafetensorsFile,
  writeSafetensors,
} from '../../tensor/safetensors.ts';
import { quote } from '../arguments.ts';
import { type Command, exitCodes, InputFault, WrongUse } from '../command.ts';
import { chooseBlock, orReject, readNumbers, readSoundProgram } from '../program.ts';
import { readBytes, writeBytes } from '../reading.ts';
import { layOut } from '../table.ts';

export const run: Command = {
  name: 'run',
  summary: 'evaluate a cell or a model on arrays, with gradients if wanted',
  about:
    'Evaluates a cell or a model on arrays from a safetensors file. The file holds by name the inputs and targets, ' +
    '[batch, time, features], and the parameters (W, low.W); maybe starting states (state.h, [batch, ...]) and lengths ' +
    '(integers, one for each sequence). The sizes are taken from the shapes. `rnn show` lists the names.',
  operands: 'FILE [NAME]',
  count: [1, 2],
  options: [
    { name: 'in', value: 'FILE', text: 'the arrays (safetensors)' },
    { name: 'out', value: 'FILE', text: 'where the results go (safetensors)' },
    { name: 'grad', text: 'also gradients: grad.NAME for every real input, parameter and given state' },
    { name: 'target', value: 'TARGET', text: 'reference (float64, the default) or wasm (float32)' },
    { name: 'unroll', text: 'by the graph unrolled over the steps; the same numbers, another way' },
    {
      name: 'set',
      value: 'NAME=N',
      many: true,
      text: 'a number for a size or hyperparameter that no array gives',
    },
  ],
  examples: [
    {
      line: 'rnn run models/lstm.rnn --in a.safetensors --out b.safetensors',
      does: 'outputs, and each state at the last step',
    },
    { line: 'rnn run models/gru.rnn --in a.safetensors --out b.safetensors --grad', does: 'with gradients' },
  ],
  notes: [
    "Results: every output (zero after the end of a sequence), state.NAME at each sequence's own last step, and of a " +
      'model its loss and metrics. Gradients are those of the loss; for a cell, of the sum of its outputs times ' +
      'cotangent.OUTPUT of the file (ones where it has none).',
  ],
  async run(given, platform) {
    const [path, name] = given.operands;
    const input = given.text('in');
    const output = given.text('out');
    if (input === undefined || output === undefined) {
      throw new WrongUse(
        `--${input === undefined ? 'in' : 'out'} FILE is missing`,
        'both files are safetensors',
      );
    }
    const target = TARGETS.find((one) => one === (given.text('target') ?? 'reference'));
    if (target === undefined)
      throw new WrongUse(`--target is ${TARGETS.join(' or ')}, and not ${quote(given.text('target')!)}`);
    const { checked } = await readSoundProgram(path, platform);
    const cell = chooseBlock(checked, name, platform);
    const numbers = readNumbers(given, cell);
    const { tensors } = parseArrays(input, await readBytes(input, platform.files));
    const options = { ...numbers, target, gradient: given.flag('grad'), unroll: given.flag('unroll') };
    const result = await runProgram(checked, cell, tensors, options);
    const outputs = orReject(result.outputs, result.diagnostics, platform);
    await writeBytes(output, writeSafetensors(outputs), platform.files);
    if (platform.out.terminal) {
      const rows = [...outputs].map(([key, { shape }]) => [key, `[${shape.join(', ')}]`]);
      platform.out.write(`${[...layOut(rows), '', `written to ${output}`].join('\n')}\n`);
    }
    return exitCodes.fine;
  },
};

function parseArrays(path: string, bytes: Uint8Array): SafetensorsFile {
  try {
    return readSafetensors(bytes);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    throw new InputFault(`cannot read ${path} as safetensors: ${error.message}`);
  }
}
