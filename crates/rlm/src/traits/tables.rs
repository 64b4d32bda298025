//! The interface to a database that answers questions over tables.

use crate::fault::Fault;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Column that every table of a query has besides its own: the row's line in the document.
pub const LINE_COLUMN: &str = "line_";

/// A table of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// An SQL identifier, unique in its document.
    pub name: String,
    /// The document.
    pub path: String,
    /// The columns, at least two.
    pub columns: Vec<Column>,
    /// The rows below the heading. Each has one cell a column.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// An SQL identifier, unique in its table.
    pub name: String,
    /// The heading as the document has it.
    pub title: String,
    /// The kind of at least nine tenths of the cells that are not empty.
    pub kind: Kind,
}

/// The kind of a column's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words.
    Text,
    /// Numbers, without their unit. A cell that is no number stays text here and is NULL in a query.
    Number,
    /// Dates as text, `2021-07-01` or `2021-07-01 13:30:00`.
    Date,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Line in the document's text where the row begins, from 1.
    pub line: u64,
    /// The cells, one a column.
    pub cells: Vec<Cell>,
}

/// A cell of a table or of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Nothing; NULL in a query.
    Empty,
    /// A number, finite.
    Number(f64),
    /// Words, or a date in ISO form.
    Text(String),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Empty => Ok(()),
            // Sums of amounts such as 0.1 + 0.2 end in digits that no document has.
            Cell::Number(number) if number.abs() < 1e9 => write!(f, "{}", (number * 1e6).round() / 1e6 + 0.0),
            Cell::Number(number) => write!(f, "{number}"),
            Cell::Text(text) => f.write_str(text),
        }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Names of the columns, as the query gives them.
    pub columns: Vec<String>,
    /// The first rows, at most as many as were asked for.
    pub rows: Vec<Vec<Cell>>,
    /// Number of all rows.
    pub total: usize,
}

/// A database that answers queries over tables that are handed in.
#[async_trait]
pub trait Tables: Send + Sync {
    /// Answers one SELECT in SQLite's dialect over `tables`, with at most `max_rows` rows. Each table has the column [`LINE_COLUMN`], which `*`
    /// does not name. Nothing is kept between queries.
    ///
    /// # Errors
    /// `bad_query`: it is not one SELECT, SQLite does not understand it, or it takes longer than 2 seconds.
    async fn query(&self, tables: &[Table], sql: &str, max_rows: usize) -> Result<Answered, Fault>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_without_noise_of_floating_point() {
        let shown = |number| Cell::Number(number).to_string();
        assert_eq!([shown(0.1 + 0.2), shown(1200.0), shown(-0.0), shown(2.5e12)], ["0.3", "1200", "0", "2500000000000"]);
        assert_eq!([Cell::Empty.to_string(), Cell::Text("Raft".into()).to_string()], ["", "Raft"]);
    }
}
