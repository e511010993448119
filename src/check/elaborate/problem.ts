// What can still go wrong when sizes become numbers: told as a diagnostic, carried out of the depth by a throw.

import { type Diagnostic, type DiagnosticParts, makeDiagnostic } from '../../base/diagnostic.ts';
import type { ElaborationCode } from '../codes.ts';

export class ElaborationProblem extends Error {
  readonly diagnostic: Diagnostic;

  constructor(parts: DiagnosticParts & { readonly code: ElaborationCode }) {
    super(parts.message);
    this.diagnostic = makeDiagnostic(parts);
  }
}
