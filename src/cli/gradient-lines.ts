// The gradients of a check as text: the table, for `rnn gradcheck`, and all of it for a training that has to stop.
import { type GradientReport, isBlind, type TensorCheck } from '../study/gradcheck.ts';
import { describeCase } from '../study/random-case.ts';
import type { Summary } from '../study/summary.ts';
import type { Paint } from './paint.ts';
import { showShape } from './summary-lines.ts';
import { layOut } from './table.ts';

/** The lines of a report, without an end. */
export function gradientLines(summary: Summary, report: GradientReport, paint: Paint): string[] {
  const { tensors, failure, cases, seed } = report;
  const table = gradientTable(summary, tensors, paint);
  if (failure === undefined) return [...table, '', unsettled(summary.name, report, paint)];
  return [
    ...table,
    '',
    paint.bad(`${summary.name}: a gradient is wrong`),
    ...modesLines(report),
    `  the smallest case that shows it: ${describeCase(failure)}`,
    `  --cases ${cases + report.skipped} --seed ${seed} repeats it`,
  ];
}

/** A line for each tensor, at its worst element. */
export function gradientTable(summary: Summary, tensors: readonly TensorCheck[], paint: Paint): string[] {
  const shapes = shapesOf(summary);
  const head = ['tensor', 'shape', 'value', 'gradient', 'difference', 'error', 'compared', 'left out', ''];
  const rows = layOut(
    [
      head,
      ...tensors.map((tensor) => [
        tensor.name,
        shapes.get(tensor.name) ?? '',
        tensor.value.toPrecision(6),
        tensor.gradient.toPrecision(8),
        tensor.difference.toPrecision(8),
        tensor.error.toExponential(1),
        String(tensor.compared),
        String(tensor.leftOut),
        tensor.passed ? '' : 'wrong',
      ]),
    ],
    [2, 3, 4, 5, 6, 7],
  );
  return rows.map((row, i) => (i === 0 ? paint.strong(row) : row.endsWith('wrong') ? paint.bad(row) : row));
}

/** What forward mode says, where it says something else. */
export function modesLines({ modes }: Pick<GradientReport, 'modes'>): string[] {
  if (modes.passed) return [];
  return [`  along a random direction reverse mode gives ${modes.reverse}, forward mode ${modes.forward}`];
}

/** Why a check without a wrong gradient is no success. */
export function unsettled(
  name: string,
  { cases, skipped, atKinks, tensors }: GradientReport,
  paint: Paint,
): string {
  const untold = `${name}: it cannot be told whether the gradients are right`;
  const blind = tensors.filter(isBlind).map((tensor) => tensor.name);
  if (blind.length > 0) return paint.bad(`${untold}: nothing of ${blind.join(', ')} could be compared`);
  if (cases > 0 || atKinks > 0) {
    const some = `in ${atKinks} of ${atKinks + cases} cases more than 5 % of the entries have nothing to be compared with`;
    return paint.bad(`${untold}: ${some}`);
  }
  const left = skipped === 0 ? '' : `, ${skipped} left out (not finite, or sizes that do not suit)`;
  return paint.bad(`${name}: no case could be checked${left}`);
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
