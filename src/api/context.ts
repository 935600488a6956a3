import type { ApiPorts } from './ports.js';
import type { RecordingLinks } from './recording-links.js';
import type { WrongGuesses } from './wrong-guesses.js';

/** What the operations share. */
export interface ApiContext {
  readonly ports: ApiPorts;
  readonly links: RecordingLinks;
  /** Folder of the recordings, absolute. */
  readonly recordingsDir: string;
  /** Resume URLs that strangers try. */
  readonly wrongTokens: WrongGuesses;
  /** Short links that strangers try. */
  readonly wrongLinks: WrongGuesses;
}
