/** From what a train block says about its data to a data set. */
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Files } from '../../runtime/files.ts';
import type { Settings } from '../settings.ts';
import { addingDataset } from './adding.ts';
import type { Dataset } from './dataset.ts';
import { openLines } from './lines.ts';
import { openText } from './text.ts';

/**
 * Reads the data. Undefined where something is wrong with it: the diagnostics say
 * what, at the place that names the data.
 */
export async function openData(
  settings: Settings,
  files: Files,
): Promise<{ readonly dataset: Dataset | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const { data } = settings;
  const dataset =
    data.kind === 'adding'
      ? addingDataset(data.length, settings)
      : data.kind === 'text'
        ? await openText(data, settings, files, report)
        : await openLines(data, settings, files, report);
  return { dataset, diagnostics };
}
