/** Codes of store; part of `CODES`. */
export const STORE_CODES = {
  STORE_WRITE_FAILED: {
    meaning: 'Something could not be written to the database; the log line says what, and what becomes of it.',
    advice: 'Look for STORE_UNAVAILABLE in the lines before it. Without one it is a bug: report it with the log line.',
  },
  DATA_FOLDER_UNUSABLE: {
    meaning: 'A folder Offhook writes to cannot be made or written.',
    advice: 'Give this user a folder it may write to, or name another one under `data.dir` or `recordings.dir`.',
  },
  DATA_FOLDER_AMBIGUOUS: {
    meaning:
      'A relative `data.dir` means two folders, below the configuration and below the working directory, and both hold data.',
    advice: 'Name the one that is meant with its whole path under `data.dir`, or move the other away.',
  },
  DATA_FOLDER_OLD_PLACE: {
    meaning: 'The data lie below the working directory, where older versions put them, and not below the configuration folder.',
    advice:
      'Name the folder with its whole path under `data.dir`, or stop Offhook and move the folder below the configuration folder.',
  },
  STORE_OPEN_FAILED: {
    meaning: 'The database file could not be opened or brought up to date.',
    advice:
      'Check that `store.file` lies in a folder this user may write to and is a database of Offhook; the log has the cause.',
  },
  STORE_IN_USE: {
    meaning: 'Another running Offhook uses the same database.',
    advice: 'Stop the other one, or give each its own `data.dir`.',
  },
  STORE_TOO_NEW: {
    meaning: 'The database was written by a newer Offhook.',
    advice: 'Start the newer version again, or point `store.file` at a backup made before the upgrade.',
  },
  STORE_UNAVAILABLE: {
    meaning: 'The database has not accepted writes for a while, or its file is no longer where it was.',
    advice:
      'Free disk space, end the program that locks the database, or put the file back; what was accepted waits in memory, and new calls are refused.',
  },
  JOURNAL_FORMAT_UNKNOWN: {
    meaning: 'The journal of a call was written in a format of a newer Offhook, so nothing is said of the call.',
    advice: 'Start the newer version again: it ends the call and sends its report.',
  },
} as const;
