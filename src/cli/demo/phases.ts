import { CALL } from '../../model/operations.js';
import type { JournalEntry } from '../../model/journal.js';
import { levelDb } from '../../phone/analysis.js';
import type { Heard } from '../../phone/heard.js';

/*
 * What the caller of a demo heard: the parts of the wait by the journal, the level of each by the phone's own recording.
 */

/** A part of the call. */
export interface Phase {
  readonly what: string;
  readonly silent: boolean;
  /** ms since the call began. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Level of what was heard, dB below full scale; −Infinity for nothing at all. */
  readonly db: number;
}

/** Quieter than this counts as silence. */
const SILENT_DB = -45;
/** At the edges of a part, where packets are still on their way, ms. */
const EDGE_MS = 120;
/** Shorter parts are not worth a line, ms. */
const SHORT_MS = 3 * EDGE_MS;

type Sound = 'nothing' | 'music' | 'prompt';

const NAMES: Readonly<Record<Sound, string>> = { nothing: 'silence', music: '♪ hold music', prompt: 'a prompt' };

/** What an entry makes the caller hear from now on; null when nothing changes. */
function soundAfter(entry: JournalEntry, playing: { music: boolean }): Sound | null {
  if (entry.type === 'ask') {
    return entry.op === CALL.play.name || entry.op === CALL.announce.name ? 'prompt' : null;
  }
  if (entry.type !== 'answer') return null;
  switch (entry.op) {
    case CALL.startMusic.name:
      playing.music = true;
      return 'music';
    case CALL.stopMusic.name:
      playing.music = false;
      return 'nothing';
    case CALL.announce.name:
      return playing.music ? 'music' : 'nothing';
    case CALL.play.name:
      return 'nothing';
    default:
      return null;
  }
}

/** The parts of a call in order, each with its level as heard. */
export function measurePhases(journal: readonly JournalEntry[], heard: Heard): Phase[] {
  const changes: { sound: Sound; at: number }[] = [];
  const playing = { music: false };
  for (const entry of journal) {
    const sound = entry.type === 'leg.ended' ? 'nothing' : soundAfter(entry, playing);
    if (sound !== null && sound !== changes.at(-1)?.sound) changes.push({ sound, at: entry.ms });
  }
  return changes.flatMap(({ sound, at: fromMs }, index) => {
    const toMs = changes[index + 1]?.at ?? fromMs;
    if (toMs - fromMs < SHORT_MS) return [];
    const db = levelDb(heard.samples(fromMs + EDGE_MS, toMs - EDGE_MS));
    return [{ what: NAMES[sound], silent: sound === 'nothing', fromMs, toMs, db }];
  });
}

/** A phase for people to read. */
export function phaseLine({ what, fromMs, toMs, db }: Phase): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(2).padStart(6);
  const level = db < SILENT_DB ? 'nothing to hear' : `${db.toFixed(1)} dB`;
  return `  ${seconds(fromMs)} –${seconds(toMs)} s  ${what.padEnd(14)} ${level}`;
}

/** Everything that should have been heard and was not, or the other way round; and a wait without music or prompt. */
export function phaseProblems(phases: readonly Phase[]): string[] {
  const wrong = phases
    .filter(({ silent, db }) => silent !== db < SILENT_DB)
    .map(({ what, fromMs, db }) => `${what} at ${Math.round(fromMs)} ms is heard at ${db.toFixed(1)} dB`);
  const missing = Object.values(NAMES).filter((name) => !phases.some(({ what }) => what === name));
  return [...wrong, ...missing.map((name) => `the caller did not hear ${name}`)];
}
