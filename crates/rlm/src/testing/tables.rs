//! Tables without a database.

use crate::{
    fault::Fault,
    traits::tables::{Answered, Cell, LINE_COLUMN, Table, Tables},
};
use async_trait::async_trait;

/// Counts the rows of the first table, whatever the query asks; a query for the lines gets those.
pub struct CountedTables;

#[async_trait]
impl Tables for CountedTables {
    async fn query(&self, tables: &[Table], sql: &str, max_rows: usize) -> Result<Answered, Fault> {
        let rows = tables.first().map(|table| table.rows.as_slice()).unwrap_or_default();
        if sql.contains(LINE_COLUMN) {
            let lines: Vec<_> = rows.iter().take(max_rows).map(|row| vec![Cell::Number(row.line as f64)]).collect();
            return Ok(Answered { columns: vec![LINE_COLUMN.to_owned()], total: lines.len(), rows: lines });
        }
        Ok(Answered { columns: vec!["count".to_owned()], rows: vec![vec![Cell::Number(rows.len() as f64)]], total: 1 })
    }
}
