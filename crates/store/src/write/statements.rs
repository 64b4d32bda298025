//! Batches of SQL statements. sqlx runs statements on its own thread, and the round trip costs more than most statements.

use crate::fault::of_sql;
use plumb_rlm::fault::Fault;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, sqlite::SqliteArguments};

/// A sequence of statements with their parameters.
#[derive(Default)]
pub(crate) struct Statements {
    sql: String,
    arguments: SqliteArguments,
}

impl Statements {
    /// Adds a statement. Its parameters are plain `?`, bound in order.
    pub(crate) fn add(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        self
    }

    /// Binds the next parameter.
    ///
    /// # Errors
    /// If SQLite cannot represent the value.
    pub(crate) fn bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> Result<&mut Self, Fault> {
        self.arguments.add(value).map_err(|error| of_sql(sqlx::Error::Encode(error)))?;
        Ok(self)
    }

    /// Runs the statements, up to the first that fails.
    ///
    /// # Errors
    /// The fault of the statement that failed.
    pub(crate) async fn run(self, connection: &mut SqliteConnection) -> Result<(), Fault> {
        if !self.sql.is_empty() {
            // `add` takes only constant SQL of this program.
            sqlx::query_with(AssertSqlSafe(self.sql), self.arguments).execute(connection).await.map_err(of_sql)?;
        }
        Ok(())
    }
}
