// A summary as text, for `rnn show` and at the beginning of a training.
import type { Extent, Summary, ValueSummary } from '../study/summary.ts';
import type { Paint } from './paint.ts';
import { layOut } from './table.ts';

/** The lines of a summary, without an end. */
export function summaryLines(summary: Summary, paint: Paint): string[] {
  const sizes = summary.sizes.map(({ name, value }) => (value === undefined ? name : `${name} = ${value}`));
  const head = `${summary.kind} ${paint.strong(summary.name)}${sizes.length > 0 ? ` (${sizes.join(', ')})` : ''}`;
  const section = (
    title: string,
    rows: readonly (readonly string[])[],
    right: readonly number[] = [],
  ): string[] =>
    rows.length === 0 ? [] : ['', paint.strong(title), ...layOut(rows, right).map((line) => `  ${line}`)];
  const total = [`all ${summary.parameters.length}`, '', '', group(summary.count)];
  return [
    head,
    ...(summary.documentation ?? '').split('\n').filter((line) => line !== ''),
    ...section('inputs', summary.inputs.map(valueRow)),
    ...section('targets', summary.targets.map(valueRow)),
    ...section(
      'states',
      summary.states.map(({ name, shape, start }) => [
        name,
        showShape(shape),
        start === 'zero' ? 'starts at zero' : 'starts as declared',
      ]),
    ),
    ...section(
      'parameters',
      [
        ...summary.parameters.map(({ name, shape, count, start }) => [
          name,
          showShape(shape),
          start,
          group(count),
        ]),
        ...(summary.parameters.length > 1 ? [total] : []),
      ],
      [3],
    ),
    ...section('outputs', summary.outputs.map(valueRow)),
    ...section('trained by', [
      ...(summary.loss === undefined
        ? []
        : [['loss', summary.loss === 'step' ? 'mean over the steps' : 'mean over the sequences']]),
      ...summary.metrics.map((name) => [name, 'a metric']),
    ]),
    ...(summary.generates === undefined ? [] : ['', `generates ${summary.generates}`]),
  ];
}

function valueRow({ name, shape, kind, documentation }: ValueSummary): string[] {
  return [name, showShape(shape), kind, documentation?.split('\n')[0] ?? ''];
}

function showShape(shape: readonly Extent[]): string {
  return `[${shape.join(', ')}]`;
}

/** `1,234,567`; formulas as they are. */
export function group(count: Extent): string {
  return typeof count === 'number' ? count.toLocaleString('en-US') : count;
}
