/**
 * Does the data fit the model? A data set gives one input and one target; the model must have just these, under
 * whatever names. Sizes of its header that nothing else gives follow from the data.
 */
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Span } from '../base/source.ts';
import type { CheckedCell, CheckedInput } from '../check/checked.ts';
import type { Program, ProgramInput } from '../check/program.ts';
import { type Size, showSize, showSizes, symbolsOf } from '../check/size.ts';
import { problem } from './call.ts';
import type { Dataset, Field } from './datasets/dataset.ts';

type Report = (diagnostic: Diagnostic) => void;

/**
 * The sizes that follow from the data, for a model whose sizes in `given` are settled. Undefined where the data does
 * not fit, which is reported. `data`: where the train block names it.
 */
export function sizesFromData(
  model: CheckedCell,
  dataset: Dataset,
  given: ReadonlyMap<string, number>,
  data: Span,
  report: Report,
): ReadonlyMap<string, number> | undefined {
  const open = new Set(
    model.sizes
      .filter((size) => size.defaultValue === undefined && !given.has(size.name))
      .map((size) => size.name),
  );
  const sizes = new Map<string, number>();
  const settle = (size: Size | undefined, value: number | undefined): void => {
    if (size === undefined || value === undefined) return;
    const [symbol] = symbolsOf(size);
    if (open.has(symbol) && showSize(size) === symbol && !sizes.has(symbol)) sizes.set(symbol, value);
  };
  const sides = [
    ['input', model.inputs, dataset.input],
    ['target', model.targets, dataset.target],
  ] as const;
  let fits = true;
  for (const [role, inputs, field] of sides) {
    const wanted = showWanted(field, dataset);
    const input = onlyOne(role, inputs, field, wanted, model, data, report);
    if (input === undefined || !sameForm(role, input, field, wanted, data, report)) {
      fits = false;
      continue;
    }
    settle(input.type.categories, field.categories);
    field.shape.forEach((extent, axis) => {
      settle(input.type.shape[axis], extent);
    });
  }
  return fits ? sizes : undefined;
}

function onlyOne(
  role: 'input' | 'target',
  inputs: readonly CheckedInput[],
  field: Field,
  wanted: string,
  model: CheckedCell,
  data: Span,
  report: Report,
): CheckedInput | undefined {
  if (inputs.length === 1) return inputs[0];
  const have = inputs.length === 0 ? `no ${role}` : `${inputs.length} ${role}s`;
  const message = `${model.name} has ${have}, and this data gives one: ${field.meaning}`;
  const related = [{ span: data, text: 'the data' }];
  const help =
    inputs.length === 0
      ? `write ${role} ${role === 'input' ? 'x' : 'y'}: ${wanted}`
      : `leave ${inputs[1].name} out`;
  report(problem('RNN6024', message, inputs[1]?.span ?? model.span, have, { related, help }));
  return undefined;
}

function sameForm(
  role: string,
  input: CheckedInput,
  field: Field,
  wanted: string,
  data: Span,
  report: Report,
): boolean {
  const { element, rate, shape } = input.type;
  if (element === field.kind && rate === field.rate && shape.length === field.shape.length) return true;
  const size = input.type.categories;
  const type = element === 'index' && size !== undefined ? `index(${showSize(size)})` : showSizes(shape);
  const written = `${rate === 'once' ? 'once ' : ''}${type}`;
  const message = `the ${role} ${input.name} is ${written}, and this data gives ${showField(field)}: ${field.meaning}`;
  const related = [{ span: data, text: 'the data' }];
  const help = `write ${role} ${input.name}: ${wanted}, or take other data`;
  report(problem('RNN6024', message, input.span, written, { related, help }));
  return false;
}

/** What to declare for a field: how many characters or words there are follows from the data, as a size v. */
function showWanted(field: Field, dataset: Dataset): string {
  return field.categories !== undefined && field.categories === dataset.vocabulary?.size
    ? 'index(v), with v in the brackets of the model'
    : showField(field);
}

/** `once index(2)`, `[2]`: as a file declares it. */
function showField({ kind, categories, rate, shape }: Omit<Field, 'meaning'>): string {
  const type = kind === 'index' ? `index(${categories})` : `[${shape.join(', ')}]`;
  return rate === 'once' ? `once ${type}` : type;
}

/** Whether the numbers of an elaborated model are those of the data. More categories than the data has may be. */
export function numbersFit(program: Program, dataset: Dataset, data: Span, report: Report): boolean {
  const inputFits = fieldFits('input', program.inputs[0], dataset.input, data, report);
  const targetFits = fieldFits('target', program.targets[0], dataset.target, data, report);
  return inputFits && targetFits;
}

function fieldFits(
  role: 'input' | 'target',
  input: ProgramInput,
  field: Field,
  data: Span,
  report: Report,
): boolean {
  const enough = field.categories === undefined || (input.categories ?? 0) >= field.categories;
  if (enough && field.shape.every((extent, axis) => input.shape[axis] === extent)) return true;
  const have = showField(input);
  const message = `the ${role} ${input.name} is ${have}, and this data gives ${showField(field)}: ${field.meaning}`;
  const related = [{ span: data, text: 'the data' }];
  report(problem('RNN6024', message, input.span, `${have} here`, { related }));
  return false;
}
