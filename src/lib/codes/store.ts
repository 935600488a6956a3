/** Codes of store; part of `CODES`. */
export const STORE_CODES = {
  STORE_WRITE_FAILED: {
    meaning: 'A write to the database failed. The log line says what was not written and what happens to it.',
    advice:
      'Look for STORE_UNAVAILABLE in the log lines before it. If there is none, this is a bug: report it with the log line.',
  },
  DATA_FOLDER_UNUSABLE: {
    meaning: 'Offhook cannot create a folder, or cannot write to it.',
    advice: 'Give this user the right to write to the folder, or name another one under `data.dir` or `recordings.dir`.',
  },
  DATA_FOLDER_AMBIGUOUS: {
    meaning:
      '`data.dir` is a relative path, and two folders match it: one below the configuration folder and one below the working directory. Both hold data.',
    advice: 'Write the full path of the right folder under `data.dir`, or move the other folder away.',
  },
  DATA_FOLDER_OLD_PLACE: {
    meaning: 'The data are below the working directory, where older versions put them, and not below the configuration folder.',
    advice:
      'Write the full path of the folder under `data.dir`, or stop Offhook and move the folder below the configuration folder.',
  },
  STORE_OPEN_FAILED: {
    meaning: 'The database file could not be opened or upgraded.',
    advice: 'Check that `store.file` is a database of Offhook and that this user may write to its folder. The log has the cause.',
  },
  STORE_IN_USE: {
    meaning: 'Another running Offhook uses the same database.',
    advice: 'Stop the other one, or give each its own `data.dir`.',
  },
  STORE_TOO_NEW: {
    meaning: 'A newer Offhook wrote the database.',
    advice: 'Start the newer version again, or point `store.file` at a backup made before the upgrade.',
  },
  STORE_UNAVAILABLE: {
    meaning:
      'The database has accepted no writes for a while, or its file is no longer in its place. New calls are refused. Accepted data wait in memory.',
    advice: 'Free disk space, end the program that locks the database, or put the file back.',
  },
  JOURNAL_FORMAT_UNKNOWN: {
    meaning: 'The journal of a call was written in a format of a newer Offhook, so nothing is said of the call.',
    advice: 'Start the newer version again: it ends the call and sends its report.',
  },
} as const;
