import { CODES } from '../../src/lib/codes.js';
import { table } from './field-table.js';

/** The page of all codes a user can meet. */
export function errorPage(): string {
  const rows = Object.entries(CODES).map(([code, { meaning, advice }]) => [`\`${code}\``, meaning, advice]);
  return `# Errors

Every problem Offhook reports has one of these codes: in the output of \`offhook check\`, in the log, in the timeline of a call, in
\`$widget.<id>.error\` and in answers of the API. A code never changes its meaning. This page is made from \`src/lib/codes.ts\` by
\`npm run docs\`.

${table(['Code', 'What it means', 'What to do'], rows)}
`;
}
