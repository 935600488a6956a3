/** Numbers the music requests of a leg. Audio takes time to load; when it is ready, only the latest request counts. */
export class MusicRequests {
  #last = 0;

  /** The number of a new request. */
  next(): number {
    return ++this.#last;
  }

  isLast(request: number): boolean {
    return request === this.#last;
  }
}
