// What scripts/plant-mutants.mjs runs.
export { AREAS } from './bundle.ts';
export { runCampaign } from './campaign.ts';
export { escapes, lines, tables } from './report.ts';
