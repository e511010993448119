// The report of a gradient check as text, for `rnn gradcheck` and for a training that has to stop.
import type { GradientReport } from '../study/gradcheck.ts';
import { describeCase } from '../study/random-case.ts';
import type { Summary } from '../study/summary.ts';
import type { Paint } from './paint.ts';
import { showShape } from './summary-lines.ts';
import { layOut } from './table.ts';

/** The lines of a report, without an end. */
export function gradientLines(summary: Summary, report: GradientReport, paint: Paint): string[] {
  const { tensors, modes, failure, cases, skipped, seed } = report;
  const shapes = shapesOf(summary);
  const rows = layOut(
    [
      ['parameter', 'shape', 'gradient', 'difference', 'error', ''],
      ...tensors.map(({ name, gradient, difference, error, passed }) => [
        name,
        shapes.get(name) ?? '',
        gradient.toPrecision(8),
        difference.toPrecision(8),
        error.toExponential(1),
        passed ? '' : 'wrong',
      ]),
    ],
    [2, 3, 4],
  );
  const table = rows.map((row, i) =>
    i === 0 ? paint.strong(row) : row.endsWith('wrong') ? paint.bad(row) : row,
  );
  if (failure !== undefined) {
    return [
      ...table,
      '',
      paint.bad(`${summary.name}: a gradient is wrong`),
      ...(modes.passed
        ? []
        : [`  along a random direction reverse mode gives ${modes.reverse}, forward mode ${modes.forward}`]),
      `  the smallest case that shows it: ${describeCase(failure)}`,
      `  --cases ${cases + skipped} --seed ${seed} repeats it`,
    ];
  }
  const left = skipped === 0 ? '' : `, ${skipped} left out (not finite, or sizes that do not suit)`;
  if (cases === 0) return [paint.bad(`${summary.name}: no case could be checked${left}`)];
  return [
    ...table,
    '',
    `${paint.good(`${summary.name}: every gradient is right`)} (${cases} cases, seed ${seed}${left})`,
    `  forward mode, from a table of its own, gives the same to ${modes.error.toExponential(1)}`,
  ];
}

/** As the file declares them: the cases have all kinds of sizes. */
function shapesOf({ parameters, inputs, states }: Summary): ReadonlyMap<string, string> {
  const named = [
    ...parameters,
    ...inputs,
    ...states.map((state) => ({ ...state, name: `state.${state.name}` })),
  ];
  return new Map(named.map(({ name, shape }) => [name, showShape(shape)]));
}
