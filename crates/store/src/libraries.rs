//! Libraries: the folders and files that were asked about.

use crate::{
    fault::{damaged, of_sql},
    store::Store,
    write::columns::sources_json,
};
use plumb_rlm::{
    documents::Include,
    fault,
    fault::{Code, Fault},
};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use ts_rs::TS;

/// Folders or files that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Library {
    /// Id, never reused.
    pub id: i64,
    /// Name for people.
    pub name: String,
    /// Absolute paths, sorted.
    pub sources: Vec<String>,
    /// When it was added, in milliseconds since 1970.
    pub added_at_ms: i64,
    /// When it was last opened, in milliseconds since 1970.
    pub last_used_ms: i64,
    /// Its text and questions about it may not leave this computer.
    pub local_only: bool,
    /// Kinds of files that are listed beside plain ones.
    pub include: Include,
}

#[derive(FromRow)]
struct StoredLibrary {
    id: i64,
    name: String,
    sources: String,
    added_at_ms: i64,
    last_used_ms: i64,
    local_only: bool,
    include: String,
}

impl StoredLibrary {
    fn library(self) -> Result<Library, Fault> {
        let StoredLibrary { id, name, sources, added_at_ms, last_used_ms, local_only, include } = self;
        let sources = serde_json::from_str(&sources).map_err(|_| damaged("the folders of a library cannot be read"))?;
        // Rules of another version must not make the library unreadable.
        let include = serde_json::from_str(&include).unwrap_or_default();
        Ok(Library { id, name, sources, added_at_ms, last_used_ms, local_only, include })
    }
}

fn no_such_library(id: i64) -> Fault {
    fault!(
        Code::NoSuchLibrary,
        "Library {id} no longer exists; it may have been removed in another window. Open the folder again.",
        id = id
    )
}

impl Store {
    /// The library of these sources, created if missing and marked as used now. An existing name stays.
    ///
    /// # Errors
    /// The database could not be written.
    pub async fn upsert_library(&self, name: &str, sources: &[String], now_ms: i64) -> Result<Library, Fault> {
        let stored: StoredLibrary = sqlx::query_as(
            "INSERT INTO libraries (name, sources, added_at_ms, last_used_ms) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (sources) DO UPDATE SET last_used_ms = max(last_used_ms, excluded.last_used_ms)
             RETURNING *",
        )
        .bind(name)
        .bind(sources_json(sources))
        .bind(now_ms)
        .fetch_one(self.pool())
        .await
        .map_err(of_sql)?;
        stored.library()
    }

    /// All libraries, last used first.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn libraries(&self) -> Result<Vec<Library>, Fault> {
        let stored: Vec<StoredLibrary> = sqlx::query_as("SELECT * FROM libraries ORDER BY last_used_ms DESC, id DESC")
            .fetch_all(self.pool())
            .await
            .map_err(of_sql)?;
        stored.into_iter().map(StoredLibrary::library).collect()
    }

    /// One library.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn library(&self, id: i64) -> Result<Library, Fault> {
        let stored: Option<StoredLibrary> =
            sqlx::query_as("SELECT * FROM libraries WHERE id = ?").bind(id).fetch_optional(self.pool()).await.map_err(of_sql)?;
        stored.ok_or_else(|| no_such_library(id))?.library()
    }

    /// Renames a library.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn rename_library(&self, id: i64, name: &str) -> Result<(), Fault> {
        let done = sqlx::query("UPDATE libraries SET name = ? WHERE id = ?")
            .bind(name)
            .bind(id)
            .execute(self.pool())
            .await
            .map_err(of_sql)?;
        if done.rows_affected() == 0 { Err(no_such_library(id)) } else { Ok(()) }
    }

    /// Sets whether a library may leave this computer.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn set_local_only(&self, id: i64, local_only: bool) -> Result<(), Fault> {
        let marked = sqlx::query("UPDATE libraries SET local_only = ? WHERE id = ?").bind(local_only).bind(id);
        let done = marked.execute(self.pool()).await.map_err(of_sql)?;
        if done.rows_affected() == 0 { Err(no_such_library(id)) } else { Ok(()) }
    }

    /// Sets whether a library also lists hidden, ignored and `.git` files.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn set_include(&self, id: i64, include: Include) -> Result<(), Fault> {
        let include = serde_json::json!(include).to_string();
        let done = sqlx::query("UPDATE libraries SET include = ? WHERE id = ?")
            .bind(include)
            .bind(id)
            .execute(self.pool())
            .await
            .map_err(of_sql)?;
        if done.rows_affected() == 0 { Err(no_such_library(id)) } else { Ok(()) }
    }

    /// Removes a library from the history. Its runs and its files stay.
    ///
    /// # Errors
    /// `no_such_library`.
    pub async fn delete_library(&self, id: i64) -> Result<(), Fault> {
        let done = sqlx::query("DELETE FROM libraries WHERE id = ?").bind(id).execute(self.pool()).await.map_err(of_sql)?;
        if done.rows_affected() == 0 { Err(no_such_library(id)) } else { Ok(()) }
    }
}
