//! Statements that go to the database together. sqlx runs them on a thread of its own, and the way there and back costs more than most of them do.

use crate::fault::of_sql;
use plumb_rlm::fault::Fault;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, sqlite::SqliteArguments};

/// Statements one after the other, with what is to be put in for their question marks.
#[derive(Default)]
pub(crate) struct Statements {
    sql: String,
    arguments: SqliteArguments,
}

impl Statements {
    /// Adds one. Its parameters are plain `?`, bound in their order.
    pub(crate) fn add(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        self
    }

    /// Binds the next parameter.
    ///
    /// # Errors
    /// A value that SQLite has no form for.
    pub(crate) fn bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> Result<&mut Self, Fault> {
        self.arguments.add(value).map_err(|error| of_sql(sqlx::Error::Encode(error)))?;
        Ok(self)
    }

    /// Runs them, up to the first that fails.
    ///
    /// # Errors
    /// What the first that failed says.
    pub(crate) async fn run(self, connection: &mut SqliteConnection) -> Result<(), Fault> {
        if !self.sql.is_empty() {
            // All words are this program's own: `add` takes no others.
            sqlx::query_with(AssertSqlSafe(self.sql), self.arguments).execute(connection).await.map_err(of_sql)?;
        }
        Ok(())
    }
}
