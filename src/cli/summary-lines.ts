// A summary as text, for `rnn show` and at the beginning of a training.
import type { Extent, ParameterSummary, Summary, ValueSummary } from '../study/summary.ts';
import { type Paint, printable } from './paint.ts';
import { layOut } from './table.ts';

/** The lines of a summary, without an end. `brief`: a copy of a cell has one line for all its parameters. */
export function summaryLines(summary: Summary, paint: Paint, brief = false): string[] {
  const sizes = summary.sizes.map(({ name, value }) => (value === undefined ? name : `${name} = ${value}`));
  const head = `${summary.kind} ${paint.strong(summary.name)}${sizes.length > 0 ? ` (${sizes.join(', ')})` : ''}`;
  const section = (
    title: string,
    rows: readonly (readonly string[])[],
    right: readonly number[] = [],
  ): string[] =>
    rows.length === 0 ? [] : ['', paint.strong(title), ...layOut(rows, right).map((line) => `  ${line}`)];
  const parameters = brief ? ownerRows(summary) : summary.parameters.map(parameterRow);
  const frozen = summary.parameters.filter((parameter) => parameter.frozen).length;
  const learned = summary.parameters.length - frozen;
  const total = [
    frozen === 0 ? `all ${learned}` : `${learned} learned`,
    '',
    frozen === 0 ? '' : `without ${frozen} frozen`,
    group(summary.count),
  ];
  return [
    head,
    ...printable(summary.documentation ?? '')
      .split('\n')
      .filter((line) => line !== ''),
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
    ...section('parameters', parameters.length > 1 ? [...parameters, total] : parameters, [3]),
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
  return [name, showShape(shape), kind, printable(documentation ?? '').split('\n')[0]];
}

function parameterRow({ name, shape, start, frozen, count }: ParameterSummary): string[] {
  return [name, showShape(shape), frozen ? `${start}, frozen` : start, group(count)];
}

/** The program's own parameters, and one row for each copy of a cell. */
function ownerRows({ parameters }: Summary): string[][] {
  const copies = new Map<string, ParameterSummary[]>();
  for (const parameter of parameters) {
    const key = parameter.owner?.instance ?? `${parameter.name} itself`;
    copies.set(key, [...(copies.get(key) ?? []), parameter]);
  }
  return [...copies.values()].map((members) => {
    const [{ owner }] = members;
    if (owner === undefined) return parameterRow(members[0]);
    const numbers = members.reduce((sum, { count, frozen }) => sum + (frozen ? 0 : Number(count)), 0);
    const count = `${members.length} parameter${members.length === 1 ? '' : 's'}`;
    return [owner.instance, owner.cell, count, group(numbers)];
  });
}

/** `[batch, time, 3]`. */
export function showShape(shape: readonly Extent[]): string {
  return `[${shape.join(', ')}]`;
}

/** `1,234,567`; formulas as they are. */
export function group(count: Extent): string {
  return typeof count === 'number' ? count.toLocaleString('en-US') : count;
}
