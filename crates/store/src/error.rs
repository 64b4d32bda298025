//! What can go wrong with the database, in plain words.

use plumb_rlm::journal::JournalError;
use sqlx::migrate::MigrateError;
use std::{io, path::Path};

/// The history could not be read or written.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct StoreError {
    /// For programs: `disk_full`, `locked`, `damaged`, `newer_version`, `no_access`, `no_such_run`, `ambiguous_run`, `run_is_active`,
    /// `no_such_library`, `store`.
    pub code: &'static str,
    /// What happened, why, and what to do.
    pub message: String,
}

impl StoreError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        StoreError { code, message: message.into() }
    }

    pub(crate) fn damaged(what: &str) -> Self {
        Self::new(
            "damaged",
            format!(
                "The history of Plumb is damaged ({what}). Close Plumb, move plumb.db out of its data folder and start again: a new, empty \
                 history is begun. What can be saved of the old one, `sqlite3 plumb.db .recover` brings back."
            ),
        )
    }

    pub(crate) fn no_such_run(run: &str) -> Self {
        Self::new("no_such_run", format!("There is no run {run} in the history. `plumb runs` lists the runs there are."))
    }

    pub(crate) fn closed() -> Self {
        Self::new("store", "The history is being closed, so nothing more can be written to it. Start Plumb again.")
    }

    /// A failure of the files around the database.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk_full(),
            _ => Self::new(
                "no_access",
                format!(
                    "Plumb cannot use its data folder {}: {error}. Check that the folder may be written to, or name another with PLUMB_HOME.",
                    path.display()
                ),
            ),
        }
    }
}

fn disk_full() -> StoreError {
    StoreError::new(
        "disk_full",
        "There is no space left on the disk that holds the history of Plumb. Free some space, or delete old runs, and go on.",
    )
}

fn newer_version() -> StoreError {
    StoreError::new(
        "newer_version",
        "The history was written by another, newer version of Plumb. Start that version, or name another data folder with PLUMB_HOME.",
    )
}

/// SQLite's primary result codes (https://sqlite.org/rescode.html) that have a meaning to a person.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Migrate(error) = error {
            return (*error).into();
        }
        let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
        // 4874 is SQLITE_IOERR_SHMSIZE: the shared memory of the log could not grow.
        match code.map(|code| (code & 0xff, code)) {
            Some((13, _) | (10, 4874)) => disk_full(),
            Some((5 | 6, _)) => StoreError::new(
                "locked",
                "Another program holds the history of Plumb and did not let go of it. Close other windows of Plumb and tools that have plumb.db \
                 open, and try again.",
            ),
            Some((11 | 26, _)) => StoreError::damaged("the file is not a whole database"),
            Some((3 | 8 | 14 | 23, _)) => StoreError::new(
                "no_access",
                "Plumb may not write to its history. Check that the data folder and plumb.db may be written to, or name another folder with \
                 PLUMB_HOME.",
            ),
            _ => match error {
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::damaged("an entry has the wrong form"),
                error => StoreError::new("store", format!("The history could not be read or written: {error}.")),
            },
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) | MigrateError::VersionTooNew(..) => {
                newer_version()
            }
            error => StoreError::new("store", format!("The history could not be brought to this version's form: {error}.")),
        }
    }
}

impl From<StoreError> for JournalError {
    fn from(error: StoreError) -> Self {
        let code = match error.code {
            code @ ("disk_full" | "locked" | "damaged") => code,
            _ => "store",
        };
        JournalError { code, message: error.message }
    }
}
