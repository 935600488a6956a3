/*
 * The thirteen calls of WASI preview 1 that the bundled synthesizer imports, over a file system that is one file in memory.
 * Why not `node:wasi`: its native side ends the whole process when the module hands it a broken pointer (a single word of a
 * thousand letters is enough), it would put spoken text on disk, and Node calls it experimental and no sandbox. Here the module
 * reaches nothing but its own memory, and whatever it does wrong ends as a value.
 */

/** WASI errno values used here (wasi_snapshot_preview1, `errno`). */
const ERRNO = { success: 0, badf: 8, inval: 28, fbig: 22 } as const;
/** `filetype` of a preopened folder and of a file. */
const FILETYPE = { directory: 3, regular: 4 } as const;
/** Descriptors: 0–2 are the standard streams, 3 the preopened folder, 4 the one file. */
const STDIN = 0;
const FOLDER = 3;
const FILE = 4;
const FOLDER_NAME = '/';

/** How a run ended. */
export interface WasiRun {
  /** Exit status; null when the module trapped (`trap` says how). */
  readonly status: number | null;
  readonly trap: string | null;
  /** What the module wrote into its output file, whatever name it used. */
  readonly file: Uint8Array;
  /** It wanted to write more than it may. */
  readonly full: boolean;
}

/** Thrown through the module's frames to unwind it when it calls `proc_exit`. */
class Exit extends Error {
  constructor(readonly status: number) {
    super('proc_exit');
  }
}

/** The one file: a growable byte array with a position, bounded by `maxBytes`. */
class MemoryFile {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;
  #position = 0;
  #full = false;

  constructor(private readonly maxBytes: number) {}

  get full(): boolean {
    return this.#full;
  }

  content(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  truncate(): void {
    this.#length = 0;
  }

  rewind(): void {
    this.#position = 0;
  }

  write(chunk: Uint8Array): boolean {
    const end = this.#position + chunk.length;
    if (end > this.maxBytes) {
      this.#full = true;
      return false;
    }
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
    return true;
  }

  read(into: Uint8Array): number {
    const piece = this.#bytes.subarray(this.#position, Math.min(this.#length, this.#position + into.length));
    into.set(piece);
    this.#position += piece.length;
    return piece.length;
  }

  /** `whence` 0 from the start, 1 from the position, 2 from the end. */
  seek(offset: number, whence: number): number | null {
    const target = offset + ([0, this.#position, this.#length][whence] ?? NaN);
    if (!(target >= 0 && target <= this.maxBytes)) return null;
    this.#position = target;
    return target;
  }
}

/** Layout of `oflags`: O_TRUNC is bit 3. */
const OFLAG_TRUNC = 8;

type Imports = Record<string, (...args: never[]) => number>;
/** The module's memory, asked for anew each time: it exists only after instantiation, and moves when it grows. */
type MemoryOf = () => ArrayBuffer;

/** Arguments, clock, exit. */
function processImports(args: readonly string[], memory: MemoryOf): Imports {
  const encoded = args.map((arg) => new TextEncoder().encode(`${arg}\0`));
  const view = (): DataView => new DataView(memory());
  return {
    args_sizes_get(countAt: number, bytesAt: number) {
      view().setUint32(countAt, encoded.length, true);
      view().setUint32(
        bytesAt,
        encoded.reduce((sum, arg) => sum + arg.length, 0),
        true,
      );
      return ERRNO.success;
    },
    args_get(pointersAt: number, bytesAt: number) {
      let at = bytesAt;
      encoded.forEach((arg, index) => {
        view().setUint32(pointersAt + index * 4, at, true);
        new Uint8Array(memory()).set(arg, at);
        at += arg.length;
      });
      return ERRNO.success;
    },
    clock_time_get(_clock: number, _precision: bigint, timeAt: number) {
      // A fixed time: the same request always renders the same bytes.
      view().setBigUint64(timeAt, 0n, true);
      return ERRNO.success;
    },
    proc_exit(status: number) {
      throw new Exit(status);
    },
  };
}

/** The preopened folder, in which every name is the one file. */
function folderImports(file: MemoryFile, memory: MemoryOf): Imports {
  const view = (): DataView => new DataView(memory());
  return {
    fd_prestat_get(fd: number, at: number) {
      if (fd !== FOLDER) return ERRNO.badf;
      view().setUint32(at, 0, true);
      view().setUint32(at + 4, FOLDER_NAME.length, true);
      return ERRNO.success;
    },
    fd_prestat_dir_name(fd: number, at: number, length: number) {
      if (fd !== FOLDER) return ERRNO.badf;
      if (length < FOLDER_NAME.length) return ERRNO.inval;
      new Uint8Array(memory()).set(new TextEncoder().encode(FOLDER_NAME), at);
      return ERRNO.success;
    },
    path_open(...parameters: number[]) {
      const [, , , , oflags = 0, , , , openedAt = 0] = parameters;
      if ((oflags & OFLAG_TRUNC) !== 0) file.truncate();
      file.rewind();
      view().setUint32(openedAt, FILE, true);
      return ERRNO.success;
    },
  };
}

/** The one file, and the standard streams: nothing to read, and nobody reads what is written. */
function fileImports(file: MemoryFile, memory: MemoryOf): Imports {
  const view = (): DataView => new DataView(memory());
  /** The byte ranges of an array of `iovec`: pairs of pointer and length. */
  const vectors = (list: number, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, index) => {
      const at = list + index * 8;
      return new Uint8Array(memory(), view().getUint32(at, true), view().getUint32(at + 4, true));
    });
  return {
    fd_close: () => ERRNO.success,
    fd_fdstat_get(fd: number, at: number) {
      if (fd > FILE) return ERRNO.badf;
      new Uint8Array(memory()).fill(0, at, at + 24);
      view().setUint8(at, fd === FOLDER ? FILETYPE.directory : FILETYPE.regular);
      view().setBigUint64(at + 8, 0xffff_ffffn, true);
      view().setBigUint64(at + 16, 0xffff_ffffn, true);
      return ERRNO.success;
    },
    fd_fdstat_set_flags: () => ERRNO.success,
    fd_seek(fd: number, offset: bigint, whence: number, positionAt: number) {
      const position = fd === FILE ? file.seek(Number(offset), whence) : null;
      if (position === null) return fd === FILE ? ERRNO.inval : ERRNO.badf;
      view().setBigUint64(positionAt, BigInt(position), true);
      return ERRNO.success;
    },
    fd_read(fd: number, list: number, count: number, readAt: number) {
      if (fd !== FILE && fd !== STDIN) return ERRNO.badf;
      const total = fd === STDIN ? 0 : vectors(list, count).reduce((sum, into) => sum + file.read(into), 0);
      view().setUint32(readAt, total, true);
      return ERRNO.success;
    },
    fd_write(fd: number, list: number, count: number, writtenAt: number) {
      let total = 0;
      for (const chunk of vectors(list, count)) {
        if (fd === FILE && !file.write(chunk)) return ERRNO.fbig;
        total += chunk.length;
      }
      view().setUint32(writtenAt, total, true);
      return ERRNO.success;
    },
  };
}

/**
 * Runs a WASI command to its end with the given arguments (the first is its name). Each run has a fresh instance and file.
 * @param maxFileBytes the module's output file may not grow beyond this
 */
export async function runWasi(module: WebAssembly.Module, args: readonly string[], maxFileBytes: number): Promise<WasiRun> {
  const file = new MemoryFile(maxFileBytes);
  let memory: WebAssembly.Memory | null = null;
  const buffer = (): ArrayBuffer => memory?.buffer ?? new ArrayBuffer(0);
  const instance = await WebAssembly.instantiate(module, {
    wasi_snapshot_preview1: { ...processImports(args, buffer), ...folderImports(file, buffer), ...fileImports(file, buffer) },
  });
  memory = instance.exports.memory as WebAssembly.Memory;
  let status: number | null = 0;
  let trap: string | null = null;
  try {
    (instance.exports._start as () => void)();
  } catch (error) {
    status = error instanceof Exit ? error.status : null;
    trap = error instanceof Exit ? null : String(error);
  }
  return { status, trap, file: file.content(), full: file.full };
}
