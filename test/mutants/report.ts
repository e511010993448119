// What a campaign has found, as tables.
import type { Findings, Verdict } from './campaign.ts';
import type { Mutant } from './points.ts';

interface Row {
  readonly name: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly by: ReadonlyMap<string, number>;
}

const COLUMNS = ['caught', 'unchanged', 'same', 'not felt', 'not reached', 'escaped'] as const;

function countRows(findings: Findings, nameOf: (mutant: Mutant) => string): readonly Row[] {
  const rows = new Map<string, { counts: Map<string, number>; by: Map<string, number> }>();
  for (const [number, verdict] of findings.verdicts) {
    const name = nameOf(findings.mutants[number]);
    const row = rows.get(name) ?? { counts: new Map(), by: new Map() };
    rows.set(name, row);
    const add = (map: Map<string, number>, key: string): Map<string, number> =>
      map.set(key, (map.get(key) ?? 0) + 1);
    add(row.counts, verdict.kind);
    if (verdict.kind === 'caught') add(row.by, verdict.by);
  }
  return [...rows].map(([name, row]) => ({ name, ...row })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function table(title: string, rows: readonly Row[]): string {
  const lines = [
    `| ${title} | planted | ${COLUMNS.join(' | ')} |`,
    `| --- | ${['planted', ...COLUMNS].map(() => '---:').join(' | ')} |`,
  ];
  const sum = (row: Row, columns: readonly string[]): number =>
    columns.reduce((total, column) => total + (row.counts.get(column) ?? 0), 0);
  for (const row of rows) {
    const cells = COLUMNS.map((column) => row.counts.get(column) ?? 0);
    lines.push(`| ${row.name} | ${sum(row, COLUMNS)} | ${cells.join(' | ')} |`);
  }
  const totals = [COLUMNS, ...COLUMNS.map((column) => [column])].map((columns) =>
    rows.reduce((total, row) => total + sum(row, columns), 0),
  );
  lines.push(`| all | ${totals.join(' | ')} |`);
  return lines.join('\n');
}

/** The tables: by file, by kind, by who has noticed. */
export function tables(findings: Findings): string {
  const files = countRows(findings, ({ file }) => file);
  const by = new Map<string, number>();
  for (const row of files) for (const [name, count] of row.by) by.set(name, (by.get(name) ?? 0) + count);
  const noticed = [...by].sort((a, b) => b[1] - a[1]).map(([name, count]) => `| ${name} | ${count} |`);
  return [
    table('file', files),
    table(
      'kind',
      countRows(findings, ({ kind }) => kind),
    ),
    ['| caught by | mutants |', '| --- | ---: |', ...noticed].join('\n'),
  ].join('\n\n');
}

/** One line for each mutant of a verdict. */
export function lines(findings: Findings, kind: Verdict['kind']): string {
  return [...findings.verdicts]
    .filter(([, verdict]) => verdict.kind === kind)
    .sort(([a], [b]) => a - b)
    .map(([number, verdict]) => {
      const { file, line, what } = findings.mutants[number];
      const why = 'why' in verdict ? `  [${verdict.why} on ${verdict.program}]` : '';
      return `${file}:${line}  ${what}${why}`;
    })
    .join('\n');
}

export function escapes(findings: Findings): number {
  return [...findings.verdicts.values()].filter(({ kind }) => kind === 'escaped').length;
}
