// The text of prelude.rnn. Made by scripts/make-prelude.mjs: change prelude.rnn, then run `npm run build`.

export const preludeSource: string = `## The prelude: what every .rnn file can use without an import, written in the language itself.
`;
