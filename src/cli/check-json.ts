// The report of `rnn gradcheck` as plain data, for programs.
import { positionAt, type Span, spanText } from '../base/source.ts';
import type { LawReport } from '../study/check-laws.ts';
import type { ProgramReport } from '../study/check-program.ts';

/** Everything of the report. `file` is where its failure was written. */
export function checkJson(
  name: string,
  { passed, gradients, laws, hidden }: ProgramReport,
  file: string | undefined,
): object {
  return {
    program: name,
    ...gradients,
    passed,
    gradientsPassed: gradients.passed,
    leftOut: gradients.leftOut.map(({ origin, entries }) => ({ ...(origin && placeJson(origin)), entries })),
    hidden: { ...hidden, stops: hidden.stops.map(placeJson), slopes: hidden.slopes.map(placeJson) },
    laws: laws.map(lawJson),
    ...(file === undefined ? {} : { file }),
  };
}

function lawJson({ law, failure, exempt, ...rest }: LawReport): object {
  return {
    name: law.name,
    says: law.says,
    bound: law.bound,
    ...rest,
    ...(exempt === undefined ? {} : { exempt }),
    ...(failure === undefined
      ? {}
      : { failure: { case: failure.drawn, what: failure.what, ...failure.gap } }),
  };
}

function placeJson(span: Span): object {
  return { file: span.source.name, ...positionAt(span.source, span.start), text: spanText(span) };
}
