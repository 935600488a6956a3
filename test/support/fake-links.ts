import type { LinkStore, PauseStore } from '../../src/functions/contract/ports.js';
import type { ShortLink } from '../../src/model/link.js';
import type { Pause } from '../../src/model/pause.js';

/** Short links in memory. */
export function fakeLinks(links = new Map<string, ShortLink>()): LinkStore {
  const newestFirst = (): ShortLink[] =>
    [...links.values()].sort((a, b) => b.createdAt - a.createdAt || (a.code < b.code ? 1 : -1));
  return {
    add(link) {
      const free = !links.has(link.code);
      if (free) links.set(link.code, { ...link, visits: 0, visitedAt: null });
      return Promise.resolve(free);
    },
    find: (code) => Promise.resolve(links.get(code) ?? null),
    visited(code, at) {
      const link = links.get(code);
      if (link) links.set(code, { ...link, visits: link.visits + 1, visitedAt: Math.max(link.visitedAt ?? 0, at) });
    },
    list({ limit, after }) {
      const rest = newestFirst().filter(
        ({ createdAt, code }) => after === null || createdAt < after.at || (createdAt === after.at && code < after.id),
      );
      const items = rest.slice(0, limit);
      const last = items.at(-1);
      const next = rest.length > limit && last !== undefined ? { at: last.createdAt, id: last.code } : null;
      return Promise.resolve({ items, next });
    },
    remove: (code) => Promise.resolve(links.delete(code)),
    forgetExpired(before) {
      const old = [...links.values()].filter(({ expiresAt }) => expiresAt !== null && expiresAt < before);
      for (const { code } of old) links.delete(code);
      return Promise.resolve(old.length);
    },
  };
}

/** Paused numbers in memory. */
export function fakePauses(pauses = new Map<string, Pause>()): PauseStore {
  return {
    pause(pause) {
      const before = pauses.get(pause.cli);
      pauses.set(pause.cli, before === undefined ? pause : { ...before, reason: pause.reason ?? before.reason });
      return Promise.resolve();
    },
    resume: (cli) => Promise.resolve(pauses.delete(cli)),
    find: (cli) => Promise.resolve(pauses.get(cli) ?? null),
    list: () => Promise.resolve([...pauses.values()].sort((a, b) => a.since - b.since || (a.cli < b.cli ? -1 : 1))),
  };
}
