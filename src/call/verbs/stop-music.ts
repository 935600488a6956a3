import type { Done } from '../../model/call-verbs.js';
import { DONE, type Verb } from './verb.js';

/** Stops the music; nothing happens when there is none. */
export const stopMusic: Verb<[], Done> = (leg) => {
  leg.music.next();
  if (!leg.over) leg.session.stopMusic();
  return Promise.resolve(DONE);
};
