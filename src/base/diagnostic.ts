/**
 * Diagnostics as data: what is wrong, where, why it was expected, and the likely mend.
 *
 * The terminal, the editor, JSON and web pages render the same data (`render.ts`). A message states the fact in
 * the person's own names and shapes; a note gives the reason; `help` is there only where the mend is likely right.
 */
import type { Source, Span } from './source.ts';
import { positionAt } from './source.ts';

/** `RNN1xxx` lexing and parsing, `RNN2xxx` to `RNN5xxx` checking. Each code has a section in docs/errors.md. */
export type DiagnosticCode = `RNN${number}`;

export type Severity = 'error' | 'warning';

/** A place with a few words about it. */
export interface Label {
  readonly span: Span;
  readonly text: string;
}

/** A mend that a tool can make by itself: put `replacement` where `span` is. An empty span inserts. */
export interface Fix {
  readonly span: Span;
  readonly replacement: string;
  /** What the mend does, as an editor's menu would say it: "write ^ for **". */
  readonly title: string;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** The fact, in one line, with no full stop. */
  readonly message: string;
  /** Where it is. Must lie in its source. */
  readonly span: Span;
  /** A few words beside the marked place. Empty: the place is marked without words. */
  readonly label: string;
  /** Other places that belong to the story, such as where a name was declared. */
  readonly related: readonly Label[];
  /** Reasons: why something else was expected. */
  readonly notes: readonly string[];
  /** What to write instead. */
  readonly help: string | undefined;
  readonly fixes: readonly Fix[];
}

/** What a diagnostic is made from: everything but code, message and span may be left out. */
export interface DiagnosticParts {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span: Span;
  /** `error` where it is not given. */
  readonly severity?: Severity;
  readonly label?: string;
  readonly related?: readonly Label[];
  readonly notes?: readonly string[];
  readonly help?: string | undefined;
  readonly fixes?: readonly Fix[];
}

/** Makes a diagnostic, filling in what is left out. */
export function makeDiagnostic(parts: DiagnosticParts): Diagnostic {
  return {
    code: parts.code,
    severity: parts.severity ?? 'error',
    message: parts.message,
    span: parts.span,
    label: parts.label ?? '',
    related: parts.related ?? [],
    notes: parts.notes ?? [],
    help: parts.help,
    fixes: parts.fixes ?? [],
  };
}

/** Whether any of them is an error (and not only a warning). */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** In the order of the text: by file in order of appearance, then by place, then by code. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const order = new Map<Source, number>();
  for (const { span } of diagnostics) if (!order.has(span.source)) order.set(span.source, order.size);
  const rank = (diagnostic: Diagnostic): number => order.get(diagnostic.span.source) ?? 0;
  return [...diagnostics].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end ||
      (a.code < b.code ? -1 : 1),
  );
}

/** The shape that `--json` prints: lines and columns from 1, `endColumn` just past the last character. */
export interface DiagnosticJson {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly notes: readonly string[];
  readonly help?: string;
}

/** A diagnostic as plain JSON data. */
export function diagnosticToJson(diagnostic: Diagnostic): DiagnosticJson {
  const { span, help } = diagnostic;
  const start = positionAt(span.source, span.start);
  const end = positionAt(span.source, span.end);
  return {
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    file: span.source.name,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    notes: diagnostic.notes,
    ...(help === undefined ? {} : { help }),
  };
}
