/**
 * Whether a run fits into memory: told from its sizes, before anything is made. What a step computes with in between is told by
 * the compiled program when it is bound to the largest batch (loop.ts).
 */
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Program } from '../check/program.ts';
import { MOST_BYTES, MOST_BYTES_OF_ARRAY } from '../runtime/executable.ts';
import { showBytes } from '../tensor/memory-error.ts';
import { count } from '../tensor/tensor.ts';
import { problem } from './call.ts';
import type { Dataset } from './datasets/dataset.ts';
import { momentsOf } from './optimizers.ts';
import type { Settings } from './settings.ts';

type Report = (diagnostic: Diagnostic) => void;

/** A number of a compiled program is a float32 or an int32. */
const NUMBER_BYTES = 4;

/** Whether the weights can be had, and what the optimizer keeps of each. */
export function weightsFit(program: Program, settings: Settings, report: Report): boolean {
  const { name, span, parameters } = program;
  const help = 'take smaller sizes';
  let sum = 0;
  for (const weight of parameters) {
    const bytes = NUMBER_BYTES * count(weight.shape);
    sum += bytes * (weight.frozen ? 1 : 1 + momentsOf(settings.optimizer).length);
    if (bytes <= MOST_BYTES_OF_ARRAY) continue;
    const message = `the weight ${weight.name} is [${weight.shape.join(', ')}]: ${showBytes(bytes)}, and an array has ${showBytes(MOST_BYTES_OF_ARRAY)} at most`;
    report(problem('RNN6031', message, weight.span, 'this weight', { help }));
    return false;
  }
  if (sum <= MOST_BYTES) return true;
  const message = `the weights of ${name} need ${showBytes(sum)} with what the optimizer keeps of them, and there are ${showBytes(MOST_BYTES)}`;
  report(problem('RNN6031', message, span, '', { help }));
  return false;
}

/** Whether the input of the largest batch can be had. */
export function batchFits(dataset: Dataset, settings: Settings, report: Report): boolean {
  const { steps, sequences } = dataset.largest;
  const shape = [sequences, steps, ...dataset.input.shape];
  const bytes = NUMBER_BYTES * count(shape);
  if (bytes <= MOST_BYTES_OF_ARRAY) return true;
  const message = `a batch of this data is [${shape.join(', ')}]: ${showBytes(bytes)}, and an array has ${showBytes(MOST_BYTES_OF_ARRAY)} at most`;
  report(problem('RNN6031', message, settings.data.span, 'this data', { help: smaller(dataset) }));
  return false;
}

/** What to do about a batch that is too large. */
export function smaller({ windowed }: Dataset): string {
  return windowed ? 'try a smaller batch or window' : 'try a smaller batch, or shorter sequences';
}
