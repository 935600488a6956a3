import { jsonPath } from '../../lib/json-path.js';
import { fieldMatcher, textsIn } from './fields.js';
import type { Drafted } from './graph.js';
import type { Report } from './report.js';

/** Refuses what is plainly `http:` (P2). A scheme that comes out of a variable is judged when the request is made. */
export function checkUrls(drafts: ReadonlyMap<string, Drafted>, report: Report): void {
  for (const { id, widget, frame } of drafts.values()) {
    const isUrl = fieldMatcher(widget?.definition.urlFields);
    for (const { keys, text } of textsIn(frame)) {
      if (!isUrl(keys) || !/^\s*http:/i.test(text)) continue;
      report.error(
        'WEBHOOK_HTTP_NOT_ALLOWED',
        jsonPath('$.widgets', [id, ...keys]),
        'The address is plain http, which is not allowed here.',
      );
    }
  }
}
