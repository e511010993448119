// The report of a gradient check as text, for `rnn gradcheck` and for a training that has to stop.
import type { GradientReport } from '../study/gradcheck.ts';
import { describeCase } from '../study/random-case.ts';
import type { Paint } from './paint.ts';
import { layOut } from './table.ts';

/** The lines of a report, without an end. */
export function gradientLines(name: string, report: GradientReport, paint: Paint): string[] {
  const { tensors, failure, cases, skipped, seed } = report;
  const rows = layOut(
    [
      ['parameter', 'shape', 'gradient', 'difference', 'error', ''],
      ...tensors.map(({ name, shape, gradient, difference, error, passed }) => [
        name,
        `[${shape.join(', ')}]`,
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
      paint.bad(`${name}: a gradient is wrong`),
      `  the smallest case that shows it: ${describeCase(failure)}`,
      `  --cases ${cases + skipped} --seed ${seed} repeats it`,
    ];
  }
  const left = skipped === 0 ? '' : `, ${skipped} left out (not finite, or sizes that do not suit)`;
  if (cases === 0) return [paint.bad(`${name}: no case could be checked${left}`)];
  return [
    ...table,
    '',
    `${paint.good(`${name}: every gradient is right`)} (${cases} cases, seed ${seed}${left})`,
  ];
}
