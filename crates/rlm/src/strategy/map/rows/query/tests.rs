use super::*;
use crate::strategy::map::rows::{clauses::rows_used, describe::describe, tables::tables_of};

pub fn boats() -> Vec<Table> {
    tables_of(
        "boats.csv",
        "Boat,Harbour,Built on,Unit price,Order,Left\n\
         Canoe,North,2019-04-02,300,X1,\nRaft,South,2021-08-30,450,X2,2022-01-09\nBlack punt,North-East,2019-09-01,20.5,X3,\n\
         White punt,North,2020-01-31,60,X4,2021-02-02\n",
    )
}

fn mend(sql: &str) -> Option<String> {
    mended(sql, &boats())
}

#[test]
fn tables_are_described_with_values_dates_and_empty_cells() {
    let text = describe(&boats()[0], "How many boats lie in the north?");
    assert_eq!(
        text,
        "Table boats (4 rows): boat, harbour, built_on, unit_price, order_, left_\n\
         Canoe | North | 2019-04-02 | 300 | X1 | \nRaft | South | 2021-08-30 | 450 | X2 | 2022-01-09\n\
         Black punt | North-East | 2019-09-01 | 20.5 | X3 | \n\
         boat: Black punt, Canoe, Raft, White punt\nharbour: North, North-East, South\norder_: X1, X2, X3, X4\n\
         built_on: from 2019-04-02 to 2021-08-30\nleft_: from 2021-02-02 to 2022-01-09\nleft_: empty in 2 rows"
    );
}

#[test]
fn of_many_values_those_of_the_question_are_shown() {
    let mut text = String::from("hut,beds\n");
    for number in 0..30 {
        text += &format!("Hut {number:02},{number}\n");
    }
    text += "Upper lakeside hut,3\nLakes end,4\n";
    let text = describe(&tables_of("huts.csv", &text)[0], "How many beds has the lake hut?");
    let shown = text.lines().find(|line| line.starts_with("hut: ")).unwrap();
    assert!(shown.starts_with("hut: Upper lakeside hut, Hut 00, ") && shown.matches(", ").count() == 7, "{shown}");
}

#[test]
fn lines_that_differ_in_numbers_alone_are_shown_once() {
    let mut text = String::from("day,remark\n");
    for number in 0..30 {
        text += &format!("x,lock {number} of the lake was opened for a raft\n");
    }
    let text = describe(&tables_of("locks.csv", &text)[0], "When was a lock opened?");
    assert_eq!(text.matches("remark: lock").count(), 1);
    assert!(text.ends_with("remark: lock 0 of the lake was opened for a raft"), "{text}");
}

#[test]
fn values_are_mended_to_those_of_the_column() {
    for (sql, becomes) in [
        ("SELECT boat FROM boats WHERE harbour = 'north'", "SELECT boat FROM boats WHERE harbour = 'North'"),
        ("SELECT boat FROM Boats WHERE Harbour = \"north east\";", "SELECT boat FROM boats WHERE harbour = 'North-East'"),
        (
            "SELECT boat FROM boats b WHERE b.harbour IN ('SOUTH', 'North')",
            "SELECT boat FROM boats b WHERE b.harbour IN ('South', 'North')",
        ),
        ("SELECT COUNT(*) FROM boats WHERE boat = 'black'", "SELECT COUNT(*) FROM boats WHERE boat = 'Black punt'"),
        ("SELECT COUNT(*) FROM boats WHERE boat = 'canoes'", "SELECT COUNT(*) FROM boats WHERE boat = 'Canoe'"),
        ("SELECT COUNT(*) FROM boats WHERE boat = 'punt'", "SELECT COUNT(*) FROM boats WHERE boat LIKE '%punt%'"),
        ("SELECT COUNT(*) FROM boats WHERE harbour LIKE '%sout%'", "SELECT COUNT(*) FROM boats WHERE harbour LIKE '%sout%'"),
        (
            "SELECT COUNT(*) FROM boats WHERE harbour LIKE 'North East%'",
            "SELECT COUNT(*) FROM boats WHERE harbour LIKE 'North-East'",
        ),
        ("SELECT 1 FROM boats WHERE LOWER(harbour) = 'north'", "SELECT 1 FROM boats WHERE LOWER(harbour) = 'north'"),
        ("SELECT 1 FROM boats WHERE lower(harbour) = 'NorthEast'", "SELECT 1 FROM boats WHERE lower(harbour) = 'north-east'"),
    ] {
        assert_eq!(mend(sql).as_deref(), Some(becomes), "{sql}");
    }
}

#[test]
fn empty_cells_names_dates_and_functions_are_mended() {
    for (sql, becomes) in [
        ("SELECT boat FROM boats WHERE left = NULL", "SELECT boat FROM boats WHERE left_ IS NULL"),
        ("SELECT boat FROM boats WHERE left_ <> ''", "SELECT boat FROM boats WHERE left_ IS NOT NULL"),
        ("SELECT \"Unit price\" FROM boats ORDER BY order", "SELECT unit_price FROM boats ORDER BY order_"),
        ("SELECT SUM(unitPrice) AS s FROM boats ORDER BY s", "SELECT SUM(unit_price) AS s FROM boats ORDER BY s"),
        ("SELECT 1 FROM boats WHERE built_on = '2019'", "SELECT 1 FROM boats WHERE built_on LIKE '2019-%'"),
        ("SELECT 1 FROM boats WHERE built_on = '30.08.2021'", "SELECT 1 FROM boats WHERE built_on = '2021-08-30'"),
        (
            "SELECT 1 FROM boats WHERE built_on BETWEEN '2019-04' AND '2019-09'",
            "SELECT 1 FROM boats WHERE built_on BETWEEN '2019-04' AND '2019-09-31'",
        ),
        (
            "SELECT 1 FROM boats WHERE YEAR(built_on) = 2019",
            "SELECT 1 FROM boats WHERE CAST(strftime('%Y', built_on) AS INTEGER) = 2019",
        ),
        ("SELECT 1 FROM boats WHERE strftime('%m', built_on) = 4", "SELECT 1 FROM boats WHERE strftime('%m', built_on) = '04'"),
        ("SELECT LEFT(built_on, 7) FROM boats", "SELECT substr(built_on, 1, 7) FROM boats"),
    ] {
        assert_eq!(mend(sql).as_deref(), Some(becomes), "{sql}");
    }
}

#[test]
fn other_queries_are_not_mended() {
    for sql in [
        "",
        "SELECT 3",
        "SELECT mast FROM boats",
        "SELECT boat FROM ships",
        "SELECT boat FROM boats WHERE harbour = 'Atlantis'",
        "SELECT boat FROM boats; DROP TABLE boats",
        "SELECT boat FROM boats WHERE (harbour = 'North'",
        "DELETE FROM boats",
        "SELECT * FROM sqlite_master",
        "SELECT boat FROM boats WHERE harbour = 'open",
    ] {
        assert_eq!(mend(sql), None, "{sql}");
    }
}

#[test]
fn rows_that_a_query_read_are_found() {
    for (sql, lines) in [
        ("SELECT SUM(price) FROM b WHERE x = 'N' GROUP BY y", Some("SELECT line_ FROM b WHERE x = 'N'")),
        ("SELECT COUNT(*) FROM b", Some("SELECT line_ FROM b")),
        ("SELECT x FROM b ORDER BY price DESC LIMIT 1", Some("SELECT line_ FROM b ORDER BY price DESC LIMIT 1")),
        (
            "SELECT MAX(price) FROM b WHERE x = 1 OR y = 2",
            Some("SELECT line_ FROM b WHERE (x = 1 OR y = 2) AND price IS NOT NULL ORDER BY price DESC LIMIT 1"),
        ),
        ("SELECT x FROM b WHERE p = (SELECT MAX(p) FROM b)", Some("SELECT line_ FROM b WHERE p = (SELECT MAX(p) FROM b)")),
        ("SELECT x FROM a JOIN b ON a.i = b.i", None),
        ("SELECT x FROM a, b", None),
        ("SELECT x FROM (SELECT 1)", None),
        ("SELECT x FROM a UNION SELECT x FROM b", None),
        ("SELECT p * 2 AS q FROM a ORDER BY q LIMIT 1", None),
        ("SELECT 1", None),
    ] {
        assert_eq!(rows_used(sql).as_deref(), lines, "{sql}");
    }
}

#[test]
fn no_query_makes_it_panic() {
    let parts = [
        "SELECT ",
        "boat ",
        "boats ",
        "FROM ",
        "WHERE ",
        "harbour ",
        "= ",
        "'north' ",
        "''",
        "NULL ",
        "LIKE ",
        "IN ",
        "(",
        ") ",
        ", ",
        "LOWER(",
        "YEAR(",
        "LEFT(",
        "strftime('%m', ",
        "built_on ",
        "BETWEEN ",
        "AND ",
        "NOT ",
        "4 ",
        ".",
        "b ",
        "AS ",
        "ORDER ",
        "BY ",
        "LIMIT ",
        "*",
        "é",
    ];
    let tables = boats();
    let mut state = 7_u64;
    for _ in 0..3_000 {
        let mut sql = String::from("SELECT boat FROM boats WHERE ");
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sql += parts[usize::try_from(state >> 33).unwrap() % parts.len()];
        }
        let mended = mended(&sql, &tables).unwrap_or(sql);
        rows_used(&mended);
        crate::strategy::map::rows::words::in_words(&mended, &tables);
    }
}

#[test]
fn patterns_match_as_in_sqlite() {
    for (pattern, value, is) in
        [("%PUNT", "black punt", true), ("_anoe", "canoe", true), ("a%c%e", "abcde", true), ("a%x", "abc", false)]
    {
        assert_eq!(is_match(pattern, value), is, "{pattern}");
    }
}
