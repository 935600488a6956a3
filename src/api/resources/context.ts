import type { RecordingLinks } from '../http/recording-links.js';
import type { FailedLogins } from '../http/failed-logins.js';

/** What the operations of a resource are given: `ports` are those it declares in its own file. */
export interface ApiContext<P> {
  readonly ports: P;
  readonly links: RecordingLinks;
  /** Folder of the recordings, absolute. */
  readonly recordingsDir: string;
  /** Resume URLs that strangers try. */
  readonly wrongTokens: FailedLogins;
  /** Short links that strangers try. */
  readonly wrongLinks: FailedLogins;
}
