// Where the checker puts what it finds. One place is told once: a second message with the same code at the same place
// is left out.

import { type Diagnostic, type DiagnosticParts, makeDiagnostic } from '../base/diagnostic.ts';
import { type Span, spanText } from '../base/source.ts';
import type { CheckerCode } from './codes.ts';

/** A complaint of this room. */
export interface Complaint extends DiagnosticParts {
  readonly code: CheckerCode;
}

export class Report {
  readonly diagnostics: Diagnostic[] = [];
  #errors = 0;

  add(complaint: Complaint): void {
    this.include(makeDiagnostic(complaint));
  }

  /** Takes over a diagnostic made elsewhere. */
  include(diagnostic: Diagnostic): void {
    const { code, span } = diagnostic;
    const known = this.diagnostics.some(
      (other) =>
        other.code === code &&
        other.span.source === span.source &&
        other.span.start === span.start &&
        other.span.end === span.end,
    );
    if (known) return;
    this.diagnostics.push(diagnostic);
    if (diagnostic.severity === 'error') this.#errors++;
  }

  /** Changes what was added since there were `count` diagnostics: to say where in a larger story it belongs. */
  amend(count: number, change: (diagnostic: Diagnostic) => Diagnostic): void {
    const added = this.diagnostics.splice(count);
    this.diagnostics.push(...added.map(change));
  }

  /** How many errors there are so far (warnings do not count). */
  get errors(): number {
    return this.#errors;
  }
}

/** What the user wrote there, on one line, or undefined where it is too long to be repeated in a sentence. */
export function shortText(span: Span): string | undefined {
  const text = spanText(span)
    .replace(/#[^\n]*/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > 0 && text.length <= 40 ? text : undefined;
}
