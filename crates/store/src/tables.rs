//! Answers queries over tables of documents, in a database in memory that lives for one query.

use async_trait::async_trait;
use futures_util::StreamExt;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    sql,
    traits::tables::{Answered, Cell, Kind, LINE_COLUMN, Table, Tables},
};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Connection, Executor, Row as _, SqlSafeStr, Statement as _, TypeInfo, ValueRef,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow},
};
use std::{
    ffi::c_int,
    time::{Duration, Instant},
};

/// Longest time that a query may take, the loading of its tables left out.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// Values that one statement inserts; SQLite takes at most 32,766.
const BATCH_VALUES: usize = 2_000;
/// Limits of SQLite (https://sqlite.org/c3ref/c_limit_attached.html) while a query runs, by their numbers.
const LIMITS: [(c_int, c_int); 5] = [
    // Bytes of a value: a query could otherwise make one of a gigabyte.
    (0, 10_000_000),
    // Depth of an expression.
    (3, 100),
    // Terms of a compound SELECT.
    (4, 20),
    // Attached databases.
    (7, 0),
    // Bytes of a pattern of LIKE.
    (8, 1_000),
];

/// Tables in SQLite, in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqlTables;

#[async_trait]
impl Tables for SqlTables {
    async fn query(&self, tables: &[Table], sql: &str, max_rows: usize) -> Result<Answered, Fault> {
        let tokens = sql::one_select(sql).ok_or_else(not_one_select)?;
        let names_line = tokens.iter().any(|token| token.text.eq_ignore_ascii_case(LINE_COLUMN));
        let mut connection = load(tables).await.map_err(of_query)?;
        let answered = answer(&mut connection, &sql::written(&tokens), max_rows, names_line).await;
        // Nothing is lost where a database in memory does not close.
        connection.close().await.ok();
        answered.map_err(of_query)
    }
}

async fn load(tables: &[Table]) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().pragma("temp_store", "memory").disable_statement_logging();
    let mut connection = options.connect().await?;
    let mut transaction = connection.begin().await?;
    for table in tables {
        let name = sql::quoted(&table.name);
        let columns: String =
            table.columns.iter().map(|column| format!(", {} {}", sql::quoted(&column.name), type_of(column.kind))).collect();
        let create = format!("CREATE TABLE {name} ({LINE_COLUMN} INTEGER{columns})");
        transaction.execute(AssertSqlSafe(create)).await?;
        let width = table.columns.len() + 1;
        let places = format!("({})", vec!["?"; width].join(", "));
        for rows in table.rows.chunks((BATCH_VALUES / width).max(1)) {
            let insert = format!("INSERT INTO {name} VALUES {}", vec![places.as_str(); rows.len()].join(", "));
            let mut insert = sqlx::query(AssertSqlSafe(insert));
            for row in rows {
                insert = insert.bind(i64::try_from(row.line).unwrap_or(i64::MAX));
                for (at, column) in table.columns.iter().enumerate() {
                    insert = match row.cells.get(at) {
                        Some(Cell::Number(number)) => insert.bind(*number),
                        // SQLite holds text for greater than any number.
                        Some(Cell::Text(text)) if column.kind != Kind::Number => insert.bind(text.as_str()),
                        _ => insert.bind(None::<String>),
                    };
                }
            }
            insert.execute(&mut *transaction).await?;
        }
    }
    transaction.commit().await?;
    limit(&mut connection).await?;
    Ok(connection)
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        // With integers SQLite would divide without a remainder.
        Kind::Number => "REAL",
        Kind::Text | Kind::Date => "TEXT",
    }
}

unsafe extern "C" {
    // SQLite is linked in by sqlx, which does not hand this function on.
    fn sqlite3_limit(database: *mut std::ffi::c_void, id: c_int, value: c_int) -> c_int;
}

/// Nothing can be written from now on, and time and memory are limited.
async fn limit(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    connection.execute("PRAGMA query_only = ON").await?;
    let mut handle = connection.lock_handle().await?;
    let deadline = Instant::now() + TIME_LIMIT;
    handle.set_progress_handler(10_000, move || Instant::now() < deadline);
    let database = handle.as_raw_handle().as_ptr().cast();
    for (id, value) in LIMITS {
        // SAFETY: the handle is an open database, and is locked: nobody else uses it meanwhile.
        unsafe { sqlite3_limit(database, id, value) };
    }
    Ok(())
}

async fn answer(
    connection: &mut SqliteConnection,
    sql: &str,
    max_rows: usize,
    names_line: bool,
) -> Result<Answered, sqlx::Error> {
    let statement = (&mut *connection).prepare(AssertSqlSafe(sql).into_sql_str()).await?;
    let shown: Vec<usize> =
        (0..statement.columns().len()).filter(|at| names_line || statement.columns()[*at].name() != LINE_COLUMN).collect();
    let columns = shown.iter().map(|at| statement.columns()[*at].name().to_owned()).collect();
    let mut answered = Answered { columns, rows: Vec::new(), total: 0 };
    let mut rows = statement.query().fetch(&mut *connection);
    while let Some(row) = rows.next().await {
        let row = row?;
        if answered.rows.len() < max_rows {
            answered.rows.push(shown.iter().map(|at| cell(&row, *at)).collect::<Result<_, _>>()?);
        }
        answered.total += 1;
    }
    Ok(answered)
}

fn cell(row: &SqliteRow, at: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(Cell::Empty);
    }
    let is_number = matches!(value.type_info().name(), "INTEGER" | "REAL");
    if is_number {
        let number = row.try_get_unchecked::<f64, _>(at)?;
        return Ok(if number.is_finite() { Cell::Number(number) } else { Cell::Empty });
    }
    let bytes = row.try_get_unchecked::<Vec<u8>, _>(at)?;
    Ok(Cell::Text(String::from_utf8_lossy(&bytes).into_owned()))
}

fn not_one_select() -> Fault {
    fault!(
        Code::BadQuery,
        "Plumb runs one SELECT over the tables, and this query is another statement. Ask the question in other words."
    )
}

fn of_query(error: sqlx::Error) -> Fault {
    let code = error.as_database_error().and_then(|error| error.code());
    // 9 is SQLITE_INTERRUPT: the progress handler ended it.
    if code.is_some_and(|code| code == "9") {
        return fault!(
            Code::BadQuery,
            "The query over the tables took longer than {seconds} seconds, so Plumb ended it. Ask a narrower question.",
            seconds = TIME_LIMIT.as_secs(),
        );
    }
    let error = match &error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        error => error.to_string(),
    };
    fault!(Code::BadQuery, "The query over the tables cannot be run: {error}. Ask the question in other words.", error = error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::traits::tables::{Column, Row};

    fn column(name: &str, kind: Kind) -> Column {
        Column { name: name.into(), title: name.into(), kind }
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.into())
    }

    fn boats() -> Table {
        let columns = vec![
            column("boat", Kind::Text),
            column("harbour", Kind::Text),
            column("built_on", Kind::Date),
            column("price", Kind::Number),
        ];
        let row = |line, boat: &str, harbour: Cell, built: &str, price| Row {
            line,
            cells: vec![text(boat), harbour, text(built), price],
        };
        let rows = vec![
            row(2, "Canoe", text("North"), "2019-04-02", Cell::Number(300.0)),
            row(3, "Raft's", text("South"), "2021-08-30", Cell::Number(451.0)),
            row(4, "Punt", Cell::Empty, "2019-09-01", text("on request")),
        ];
        Table { name: "boats".into(), path: "boats.csv".into(), columns, rows }
    }

    async fn ask(sql: &str) -> Result<Answered, Fault> {
        SqlTables.query(&[boats()], sql, 10).await
    }

    #[tokio::test]
    async fn rows_are_summed_counted_and_divided_as_numbers() {
        let answered =
            ask("SELECT SUM(price), COUNT(*), AVG(price) / 2 AS half FROM boats WHERE built_on < '2022-01-01';").await.unwrap();
        assert_eq!(answered.columns, ["SUM(price)", "COUNT(*)", "half"]);
        assert_eq!(answered.rows, [[Cell::Number(751.0), Cell::Number(3.0), Cell::Number(187.75)]]);
        let largest = ask("SELECT boat FROM boats ORDER BY price DESC LIMIT 1").await.unwrap();
        assert_eq!(largest.rows, [[text("Raft's")]]);
    }

    #[tokio::test]
    async fn empty_cells_are_null_and_lines_are_hidden() {
        let answered = ask("SELECT * FROM boats WHERE harbour IS NULL").await.unwrap();
        assert_eq!(answered.columns, ["boat", "harbour", "built_on", "price"]);
        assert_eq!(answered.rows, [[text("Punt"), Cell::Empty, text("2019-09-01"), Cell::Empty]]);
        let lines = ask("SELECT line_ FROM boats WHERE price > 400").await.unwrap();
        assert_eq!((lines.columns, lines.rows), (vec!["line_".to_owned()], vec![vec![Cell::Number(3.0)]]));
    }

    #[tokio::test]
    async fn all_rows_are_counted_and_the_first_are_given() {
        let answered = SqlTables.query(&[boats()], "SELECT boat FROM boats", 2).await.unwrap();
        assert_eq!((answered.rows.len(), answered.total), (2, 3));
        let none = ask("SELECT boat FROM boats WHERE price > 1000").await.unwrap();
        assert_eq!((none.columns, none.total), (vec!["boat".to_owned()], 0));
    }

    #[tokio::test]
    async fn large_tables_are_loaded_whole() {
        let mut table = boats();
        let row = table.rows[0].clone();
        table.rows = (0..20_001).map(|line| Row { line, ..row.clone() }).collect();
        let answered = SqlTables.query(&[table], "SELECT COUNT(*), MAX(line_) FROM boats", 1).await.unwrap();
        assert_eq!(answered.rows, [[Cell::Number(20_001.0), Cell::Number(20_000.0)]]);
    }

    #[tokio::test]
    async fn hostile_queries_are_refused() {
        for sql in [
            "DELETE FROM boats",
            "SELECT 1; DELETE FROM boats",
            "ATTACH 'x.db' AS x",
            "PRAGMA query_only = OFF",
            "WITH RECURSIVE c(x) AS (SELECT 1) SELECT x FROM c",
            "SELECT load_extension('x')",
            "SELECT readfile('/etc/passwd')",
            "SELECT length(zeroblob(900000000))",
            "SELECT nothing FROM boats",
            "SELECT 'open",
        ] {
            let fault = ask(sql).await.unwrap_err();
            assert_eq!(fault.code, Code::BadQuery, "{sql}: {fault}");
        }
        // SQLite gives NULL for a text beyond the limit.
        assert_eq!(ask("SELECT printf('%900000000d', 1)").await.unwrap().rows, [[Cell::Empty]]);
    }

    #[tokio::test]
    async fn a_query_without_end_is_stopped() {
        let sql = "SELECT COUNT(*) FROM (WITH c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c)";
        let fault = tokio::time::timeout(Duration::from_secs(20), ask(sql)).await.unwrap().unwrap_err();
        assert!(fault.code == Code::BadQuery && fault.message.contains("longer than 2 seconds"), "{fault}");
    }
}
