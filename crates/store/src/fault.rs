//! Faults of the store, in plain words.

use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use sqlx::migrate::MigrateError;
use std::{io, path::Path};

/// The database, or an entry of it, cannot be read. `what` names the damage.
pub fn damaged(what: &str) -> Fault {
    fault!(
        Code::Damaged,
        "Plumb's history is damaged ({what}). Close Plumb, move plumb.db out of its data folder and start Plumb again, which begins an \
         empty history; `sqlite3 plumb.db .recover` can restore parts of the old one.",
        what = what,
    )
}

/// The history has no run with this id.
pub fn no_such_run(run: &str) -> Fault {
    fault!(Code::NoSuchRun, "Plumb has no run {run}: it may have been deleted. Choose one of the past questions.", run = run)
}

/// The store is closing.
pub fn closed() -> Fault {
    fault!(Code::Store, "Plumb's history is closing, so Plumb can write nothing more to it. Start Plumb again.")
}

/// A value that cannot be written as JSON. `what` names it.
pub fn unwritable(what: &str, error: &serde_json::Error) -> Fault {
    fault!(Code::Store, "Plumb could not write {what} to its history: {error}.", what = what, error = error)
}

/// A failure of the files around the database.
pub fn io(path: &Path, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(),
        _ => fault!(
            Code::NoAccess,
            "Plumb cannot use its data folder {path}: {error}. Allow Plumb to write to the folder, or choose another one with PLUMB_HOME.",
            path = path.display(),
            error = error,
        ),
    }
}

fn disk_full() -> Fault {
    fault!(
        Code::DiskFull,
        "The disk that holds Plumb's history has no space left. Free some space or delete old runs, then continue."
    )
}

fn newer_version() -> Fault {
    fault!(
        Code::NewerVersion,
        "A newer version of Plumb wrote this history. Start that version, or choose another data folder with PLUMB_HOME."
    )
}

/// A failure of the database, by SQLite's primary result codes (https://sqlite.org/rescode.html).
pub fn of_sql(error: sqlx::Error) -> Fault {
    if let sqlx::Error::Migrate(error) = error {
        return of_migration(*error);
    }
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
    // 4874 is SQLITE_IOERR_SHMSIZE: the shared memory of the log could not grow.
    match code.map(|code| (code & 0xff, code)) {
        Some((13, _) | (10, 4874)) => disk_full(),
        Some((5 | 6, _)) => fault!(
            Code::Locked,
            "Another program holds Plumb's history and did not release it. Close other windows of Plumb and programs that have plumb.db open, \
             then try again."
        ),
        Some((11 | 26, _)) => damaged("plumb.db is not a complete database"),
        Some((3 | 8 | 14 | 23, _)) => fault!(
            Code::NoAccess,
            "Plumb may not write to its history. Allow it to write to the data folder and to plumb.db, or choose another folder with PLUMB_HOME."
        ),
        _ => match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => damaged("an entry has the wrong form"),
            error => fault!(Code::Store, "Plumb could not read or write its history: {error}.", error = error),
        },
    }
}

/// A failure of a migration.
pub fn of_migration(error: MigrateError) -> Fault {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => of_sql(error),
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::VersionTooNew(..) => newer_version(),
        error => fault!(Code::Store, "Plumb could not convert its history to this version: {error}.", error = error),
    }
}
