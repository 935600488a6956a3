import { cpSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sqlite3 from 'sqlite3';
import { Endpoint, eventually, Site } from './site.js';

/* A site that an earlier version wrote and left in the middle of calls, see `test/earlier-site/README.md`. */

const FOLDER = fileURLToPath(new URL('../earlier-site', import.meta.url));

/** Where the site sends what: the ports that its files name. */
const RECEIVERS = { reports: 18181, service: 18182, chat: 18183, gone: 18184 } as const;
type Receiver = keyof typeof RECEIVERS;

interface Made {
  /** Opens the events of the integration. */
  readonly token: string;
  /** When the process was last seen alive, wall-clock ms. */
  readonly aliveAt: number;
}

/** The site as it was left, in a folder of its own; and who receives what it sends. */
export class EarlierSite {
  private constructor(
    readonly site: Site,
    readonly receivers: Readonly<Record<Receiver, Endpoint>>,
    readonly token: string,
  ) {}

  /** Makes the folder and the database. Nothing is started. */
  static async create(): Promise<EarlierSite> {
    const made = await Promise.all(Object.keys(RECEIVERS).map(async (name) => [name, await Endpoint.start()] as const));
    const receivers = Object.fromEntries(made) as Record<Receiver, Endpoint>;
    const site = Site.create({ flows: [] });
    const data = join(site.dir, 'data');
    /** A text with the ports of the receivers of now. */
    const here = (text: string): string =>
      Object.entries(RECEIVERS).reduce(
        (now, [name, port]) => now.replaceAll(`:${port}/`, `:${receivers[name as Receiver].port}/`),
        text,
      );

    cpSync(FOLDER, site.dir, { recursive: true });
    for (const file of ['webhooks.json', ...readdirSync(join(FOLDER, 'flows')).map((name) => `flows/${name}`)]) {
      writeFileSync(join(site.dir, file), here(readFileSync(join(FOLDER, file), 'utf8')));
    }
    // In every working directory the same.
    const settings = JSON.parse(readFileSync(join(FOLDER, 'offhook.json'), 'utf8')) as object;
    writeFileSync(join(site.dir, 'offhook.json'), JSON.stringify({ ...settings, data: { dir: data } }));
    mkdirSync(data);
    cpSync(join(FOLDER, 'state'), data, { recursive: true });
    await execute(join(data, 'offhook.db'), here(readFileSync(join(data, 'offhook.sql'), 'utf8')));
    const { token, aliveAt } = JSON.parse(readFileSync(join(data, 'made.json'), 'utf8')) as Made;
    utimesSync(join(data, 'alive'), aliveAt / 1000, aliveAt / 1000);
    return new EarlierSite(site, receivers, token);
  }

  /** Starts it, and waits until all that can be sent is sent. */
  async start(): Promise<void> {
    await this.site.start();
    await eventually('everything that was pending', async () => {
      const { body } = await this.site.get('/v1/deliveries?state=pending&limit=100');
      return (body as { items: unknown[] }).items.length === 0;
    });
  }

  /** What was received, one text each: who received it, and the body byte for byte but for what is signed anew. */
  received(): readonly string[] {
    return Object.entries(this.receivers)
      .flatMap(([name, { received }]) => received.map(({ url, body }) => `${name} ${url} ${this.asLeft(body)}`))
      .sort();
  }

  /** What the API shows of everything that is kept. */
  async shown(): Promise<Readonly<Record<string, string>>> {
    const ids = (await this.page('/v1/calls?limit=100')).matchAll(/"id":"([^"]+)"/g);
    const paths = ['/v1/calls?limit=100', ...[...ids].map(([, id]) => `/v1/calls/${id ?? ''}`)];
    const kept = ['/v1/links', '/v1/pauses', '/v1/integrations', '/v1/deliveries?state=dead&limit=100'];
    const pages = [...paths, ...kept].map(async (path) => [path, await this.page(path)] as const);
    return Object.fromEntries(await Promise.all(pages));
  }

  private async page(path: string): Promise<string> {
    const response = await fetch(`${this.site.api}${path}`);
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
    return this.asLeft(await response.text());
  }

  /** A text with the ports as the site's files name them, and without what follows from them. Links to recordings end at another time with every start. */
  private asLeft(text: string): string {
    return Object.entries(this.receivers)
      .reduce((now, [name, { port }]) => now.replaceAll(`:${port}/`, `:${RECEIVERS[name as Receiver]}/`), text)
      .replaceAll(/"version":"[0-9a-f]+"/g, '"version":"…"')
      .replaceAll(/(\/recordings\/[\w-]+(?:\.wav)?)\?[^"]*/g, '$1');
  }

  async close(): Promise<void> {
    await this.site.dispose();
    await Promise.all(Object.values(this.receivers).map((endpoint) => endpoint.close()));
  }
}

/** Runs the statements of a database; what was pending in it is due now, whenever now is. */
function execute(file: string, statements: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const db = new sqlite3.Database(file);
    const due = "update deliveries set due_at = 0, leased_until = null where state = 'pending';";
    db.exec(`${statements}\n${due}`, (error) => {
      db.close(() => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  });
}
