import type { JsonObject } from '../../lib/json/json.js';
import { linkMaker } from '../../functions/contract/links.js';
import type { CallHistory, FunctionServices } from '../../functions/contract/ports.js';

/** What functions read of a running site. */
export type FunctionReads = Pick<FunctionServices, 'users' | 'pauses' | 'calls'>;

export interface DryServicesOptions {
  /** Null where no process runs: then nothing is found that is kept. */
  readonly reads: FunctionReads | null;
  readonly translate: FunctionServices['translate'];
  readonly linkDays: number | null;
  /** What short links begin with. */
  readonly publicUrl: () => string;
  readonly now: () => number;
}

/** Services for one test of a function. */
export interface DryServices {
  readonly services: FunctionServices;
  /** Sentences: what would have been changed and was not, and what could not be looked at. */
  readonly notes: readonly string[];
}

const NOTHING_KEPT =
  'Stored variables, pauses and past calls were taken as none: only the API of a running Offhook has them (POST /v1/webhooks/test).';

/** What functions may use, for a test: they read what calls read, and change nothing. */
export function dryServices({ reads, translate, linkDays, publicUrl, now }: DryServicesOptions): DryServices {
  const notes: string[] = [];
  const note = (sentence: string): void => {
    if (!notes.includes(sentence)) notes.push(sentence);
  };
  const { users, pauses, calls } = reads ?? nothingKept(() => note(NOTHING_KEPT));
  const makeLink = linkMaker({ store: { add: () => Promise.resolve(true) }, now, publicUrl });
  return {
    notes,
    services: {
      users: {
        load: (contact) => users.load(contact),
        async save(contact, values) {
          if ((await users.load(contact)) === null) return false;
          for (const [name, value] of Object.entries(values)) {
            note(`Not stored, as this is a test: ${name} of ${contact}, ${JSON.stringify(value)}.`);
          }
          return true;
        },
      },
      async makeLink(longUrl, days) {
        const made = await makeLink(longUrl, days);
        if (made.ok) note(`Not made, as this is a test: the short link ${made.value.shortUrl}.`);
        return made;
      },
      linkDays,
      pauses: {
        find: (cli) => pauses.find(cli),
        list: () => pauses.list(),
        pause({ cli }) {
          note(`Not paused, as this is a test: ${cli}.`);
          return Promise.resolve();
        },
        async resume(cli) {
          note(`Not unpaused, as this is a test: ${cli}.`);
          return (await pauses.find(cli)) !== null;
        },
      },
      calls,
      translate,
    },
  };
}

/** A site that keeps nothing; `asked` is told whenever somebody looks. */
function nothingKept(asked: () => void): FunctionReads {
  const none = <T>(value: T): (() => Promise<T>) => {
    return () => {
      asked();
      return Promise.resolve(value);
    };
  };
  const noPreferences: JsonObject = {};
  const noCalls: CallHistory = {
    report: none(null),
    variables: none(null),
    lastCallOf: none(null),
    counts: none({ calls: 0, answered: 0, live: 0, talkMs: 0, endedBy: {} }),
  };
  return {
    users: { load: none(noPreferences), save: none(true) },
    pauses: { find: none(null), list: none([]), pause: none(undefined), resume: none(false) },
    calls: noCalls,
  };
}
