//! What can go wrong with the database, in plain words.

use plumb_rlm::fault::{Code, Fault};
use sqlx::migrate::MigrateError;
use std::{io, path::Path};

/// The database, or an entry of it, cannot be read.
pub fn damaged(what: &str) -> Fault {
    Fault::new(
        Code::Damaged,
        format!(
            "The history of Plumb is damaged ({what}). Close Plumb, move plumb.db out of its data folder and start again: a new, empty \
             history is begun. What can be saved of the old one, `sqlite3 plumb.db .recover` brings back."
        ),
    )
}

/// The history holds no such run.
pub fn no_such_run(run: &str) -> Fault {
    Fault::new(Code::NoSuchRun, format!("There is no run {run} in the history. `plumb runs` lists the runs there are."))
}

/// The store is being closed.
pub fn closed() -> Fault {
    Fault::new(Code::Store, "The history is being closed, so nothing more can be written to it. Start Plumb again.")
}

/// A failure of the files around the database.
pub fn io(path: &Path, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(),
        _ => Fault::new(
            Code::NoAccess,
            format!(
                "Plumb cannot use its data folder {}: {error}. Check that the folder may be written to, or name another with PLUMB_HOME.",
                path.display()
            ),
        ),
    }
}

fn disk_full() -> Fault {
    Fault::new(
        Code::DiskFull,
        "There is no space left on the disk that holds the history of Plumb. Free some space, or delete old runs, and go on.",
    )
}

fn newer_version() -> Fault {
    Fault::new(
        Code::NewerVersion,
        "The history was written by another, newer version of Plumb. Start that version, or name another data folder with PLUMB_HOME.",
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
        Some((5 | 6, _)) => Fault::new(
            Code::Locked,
            "Another program holds the history of Plumb and did not let go of it. Close other windows of Plumb and tools that have plumb.db \
                 open, and try again.",
        ),
        Some((11 | 26, _)) => damaged("the file is not a whole database"),
        Some((3 | 8 | 14 | 23, _)) => Fault::new(
            Code::NoAccess,
            "Plumb may not write to its history. Check that the data folder and plumb.db may be written to, or name another folder with \
                 PLUMB_HOME.",
        ),
        _ => match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => damaged("an entry has the wrong form"),
            error => Fault::new(Code::Store, format!("The history could not be read or written: {error}.")),
        },
    }
}

/// A failure to bring the database to the form of this version.
pub fn of_migration(error: MigrateError) -> Fault {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => of_sql(error),
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::VersionTooNew(..) => newer_version(),
        error => Fault::new(Code::Store, format!("The history could not be brought to this version's form: {error}.")),
    }
}
