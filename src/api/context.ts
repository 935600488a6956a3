import type { ApiPorts } from './ports.js';
import type { RecordingLinks } from './recording-links.js';

/** What the operations share. */
export interface ApiContext {
  readonly ports: ApiPorts;
  readonly links: RecordingLinks;
  /** Folder of the recordings, absolute. */
  readonly recordingsDir: string;
}
