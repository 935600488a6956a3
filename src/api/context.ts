import type { ApiPorts } from './ports.js';
import type { RecordingLinks } from './recording-links.js';
import type { FailedLogins } from './failed-logins.js';

/** What the operations share. */
export interface ApiContext {
  readonly ports: ApiPorts;
  readonly links: RecordingLinks;
  /** Folder of the recordings, absolute. */
  readonly recordingsDir: string;
  /** Resume URLs that strangers try. */
  readonly wrongTokens: FailedLogins;
  /** Short links that strangers try. */
  readonly wrongLinks: FailedLogins;
}
