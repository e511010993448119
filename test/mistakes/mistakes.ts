// Mistakes as hands make them: a token left out, written twice, swapped with the next one, or a name misspelt. Each is
// a pure function of a text and of numbers from [0, 1), so that a campaign can be repeated.

/** What was done to a program. */
export type Kind = 'dropped' | 'doubled' | 'swapped' | 'misspelt';

export interface Mistake {
  readonly kind: Kind;
  readonly text: string;
  /** The token before, and what stands there now. */
  readonly was: string;
  readonly is: string;
  /** Where it stands in the text. */
  readonly start: number;
}

interface Token {
  readonly start: number;
  readonly text: string;
}

/** Comments are passed over: a mistake in one is none. */
const pattern = /#[^\n]*|"[^"\n]*"|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:e-?\d+)?|[=!<>]=|\S/g;

function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(pattern)]
    .filter(([token]) => !token.startsWith('#'))
    .map((match) => ({ start: match.index, text: match[0] }));
}

/** Words of the grammar; all others are names. */
const keywords = new Set(
  (
    'cell model fn train import from gradient input target state param output loss metric generate once index real ' +
    'if then else and or not mod prev last first each step over time'
  ).split(' '),
);

/** Names of three letters and more: of a shorter one no letter says which was meant. */
function isName({ text }: Token): boolean {
  return /^[A-Za-z_]\w{2,}$/.test(text) && !keywords.has(text);
}

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** A word with one slip: two letters swapped, one left out, one twice, or another one. */
function misspell(word: string, random: () => number): string {
  const at = Math.floor(random() * word.length);
  const before = word.slice(0, at);
  const after = word.slice(at + 1);
  const another = letters[Math.floor(random() * letters.length)];
  const slips = [
    at + 1 < word.length ? before + word[at + 1] + word[at] + word.slice(at + 2) : undefined,
    before + after,
    before + word[at] + word[at] + after,
    before + another + after,
  ];
  const slip = slips[Math.floor(random() * slips.length)];
  const isGood = slip !== undefined && slip !== word && /^[A-Za-z_]/.test(slip) && !keywords.has(slip);
  return isGood ? slip : misspell(word, random);
}

/** Makes one mistake in a text. Undefined where it has no place for one of this kind. */
export function makeMistake(text: string, kind: Kind, random: () => number): Mistake | undefined {
  const tokens = tokensOf(text);
  const places = tokens.flatMap((token, i) => {
    if (kind === 'misspelt') return isName(token) ? [i] : [];
    return kind === 'swapped' && i + 1 === tokens.length ? [] : [i];
  });
  if (places.length === 0) return undefined;
  const i = places[Math.floor(random() * places.length)];
  const token = tokens[i];
  const end = token.start + token.text.length;
  const replaced = (is: string, until = end): Mistake => ({
    kind,
    text: text.slice(0, token.start) + is + text.slice(until),
    was: text.slice(token.start, until),
    is,
    start: token.start,
  });
  switch (kind) {
    case 'dropped':
      return replaced('');
    case 'doubled':
      return replaced(`${token.text} ${token.text}`);
    case 'swapped': {
      const next = tokens[i + 1];
      const between = text.slice(end, next.start);
      return replaced(`${next.text}${between}${token.text}`, next.start + next.text.length);
    }
    case 'misspelt':
      return replaced(misspell(token.text, random));
    default:
      return kind satisfies never;
  }
}
