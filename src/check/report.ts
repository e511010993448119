// Where the checker puts what it finds. One place is told once: a second message with the same code at the same place
// is left out.

import { type Diagnostic, type DiagnosticParts, makeDiagnostic } from '../base/diagnostic.ts';
import { type Source, type Span, spanText } from '../base/source.ts';
import type { CheckerCode } from './codes.ts';

/** A complaint of this room. */
export interface Complaint extends DiagnosticParts {
  readonly code: CheckerCode;
}

export class Report {
  readonly diagnostics: Diagnostic[] = [];
  readonly #places = new Set<string>();
  readonly #sources: Source[] = [];
  #errors = 0;

  add(complaint: Complaint): void {
    // The prelude is not the user's: a place in it says nothing to them.
    const related = complaint.related?.filter((label) => label.span.source.name !== 'prelude');
    this.include(makeDiagnostic(related === undefined ? complaint : { ...complaint, related }));
  }

  /** Takes over a diagnostic made elsewhere. */
  include(diagnostic: Diagnostic): void {
    const { code, span } = diagnostic;
    let file = this.#sources.indexOf(span.source);
    if (file < 0) file = this.#sources.push(span.source) - 1;
    const place = `${code} ${file} ${span.start} ${span.end}`;
    if (this.#places.has(place)) return;
    this.#places.add(place);
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
