import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the demo's services are. */
export interface DemoAddresses {
  readonly orderApi: string;
  readonly reports: string;
}

const SOURCE = fileURLToPath(new URL('../../../config/demo', import.meta.url));

/**
 * A copy of `config/demo` in a temporary folder, in which the addresses of the demo's services stand. Everything the demo writes
 * goes there too. Returns the folder.
 */
export function makeDemoSite({ orderApi, reports }: DemoAddresses): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-demo-'));
  cpSync(SOURCE, dir, { recursive: true });
  for (const flow of ['order-status', 'wait']) {
    edit(join(dir, 'flows', `${flow}.json`), (document) => {
      return { ...document, variables: { ...(document['variables'] as object), api: orderApi } };
    });
  }
  edit(join(dir, 'webhooks.json'), (webhooks) => {
    return Object.values(webhooks).map((webhook) => ({ ...(webhook as object), url: `${reports}/report` }));
  });
  edit(join(dir, 'offhook.json'), (settings) => ({ ...settings, data: { dir: join(dir, 'data') } }));
  return dir;
}

function edit(file: string, change: (document: Record<string, unknown>) => unknown): void {
  const document = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(change(document), null, 2));
}
