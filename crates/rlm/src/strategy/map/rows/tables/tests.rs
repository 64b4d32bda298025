use super::*;
use crate::traits::tables::Cell;

fn one(path: &str, text: &str) -> Table {
    let mut tables = tables_of(path, text);
    assert_eq!(tables.len(), 1, "{tables:#?}");
    tables.remove(0)
}

fn columns(table: &Table) -> Vec<(&str, Kind)> {
    table.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect()
}

/// Rows as `line: cell | cell`.
fn rows(table: &Table) -> Vec<String> {
    let cells = |row: &Row| row.cells.iter().map(Cell::to_string).collect::<Vec<_>>().join(" | ");
    table.rows.iter().map(|row| format!("{}: {}", row.line, cells(row))).collect()
}

#[test]
fn quoted_cells_hold_delimiters_and_line_breaks() {
    let text = "\n\u{a0}Boat,\"Remarks, short\",Price,Price\r\nCanoe,\"leaks,\nbadly\",\"1,300.50\",2\r\n\nRaft,\"says \"\"hi\"\"\",20,\n";
    let table = one("lists/my boats.csv", text);
    assert_eq!((table.name.as_str(), table.path.as_str()), ("my_boats", "lists/my boats.csv"));
    let named = [("boat", Kind::Text), ("remarks_short", Kind::Text), ("price", Kind::Number), ("price_2", Kind::Number)];
    assert_eq!(columns(&table), named);
    assert_eq!(table.columns[1].title, "Remarks, short");
    assert_eq!(rows(&table), ["3: Canoe | leaks, badly | 1300.5 | 2", "6: Raft | says \"hi\" | 20 | "]);
    assert_eq!(table.rows[1].cells[3], Cell::Empty);
}

#[test]
fn german_lists_have_decimal_commas_and_dates_with_points() {
    let text = "\u{feff}Artikel;Menge;Preis (€);Geprüft am;Order\nSeil 8 mm;1.200;3,79;01.09.2022;x\nAnker;12;1.004,50;28.11.2022;y\n\
                Summe;1212;1008,29;;\n";
    let table = one("lager.csv", text);
    let named = [
        ("artikel", Kind::Text),
        ("menge", Kind::Number),
        ("preis", Kind::Number),
        ("geprueft_am", Kind::Date),
        ("order_", Kind::Text),
    ];
    assert_eq!(columns(&table), named);
    assert_eq!(rows(&table), ["2: Seil 8 mm | 1200 | 3.79 | 2022-09-01 | x", "3: Anker | 12 | 1004.5 | 2022-11-28 | y"]);
}

#[test]
fn sheets_are_tables_with_their_names() {
    let text = "Sheet: Crew\nCrew of the year\nName | Joined | Left | Pay EUR\nAda | 2001-05-01 |  | 3,200.00\nBo | 2003-02-01 | 2010-01-31\n\n\
                Sheet: Old huts\nHut | 2021 | 2022\nUpper | 4 | 5\n";
    let tables = tables_of("crew.xlsx", text);
    assert_eq!(tables.len(), 2);
    assert_eq!((tables[0].name.as_str(), tables[1].name.as_str()), ("crew", "old_huts"));
    let named = [("name", Kind::Text), ("joined", Kind::Date), ("left_", Kind::Date), ("pay_eur", Kind::Number)];
    assert_eq!(columns(&tables[0]), named);
    assert_eq!(rows(&tables[0]), ["4: Ada | 2001-05-01 |  | 3200", "5: Bo | 2003-02-01 | 2010-01-31 | "]);
    assert_eq!(columns(&tables[1]), [("hut", Kind::Text), ("year_2021", Kind::Number), ("year_2022", Kind::Number)]);
    assert_eq!(rows(&tables[1]), ["9: Upper | 4 | 5"]);
}

#[test]
fn tables_of_markdown_carry_their_heading() {
    let text = "# Fees\n\nAll in EUR.\n\n| Boat | Fee |\n|------|---:|\n| Canoe | 20 |\n\n## Berths\n| Pier | Berths |\n| --- | --- |\n| A | 4 |\n| B | 6 |\n";
    let tables = tables_of("fees.md", text);
    assert_eq!(tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["fees", "berths"]);
    assert_eq!(rows(&tables[0]), ["7: Canoe | 20"]);
    assert_eq!(rows(&tables[1]), ["12: A | 4", "13: B | 6"]);
}

#[test]
fn logs_have_times_sources_and_levels() {
    let mut text = String::new();
    for minute in 10..35 {
        let words = if minute == 20 { "ERROR no wind" } else { "gate open" };
        text += &format!("2022-11-01 07:{minute}:00 quay lock[35{minute}]: {words}\n");
    }
    text.insert_str(0, "restarted\n");
    let table = one("logs/lock.log", &text);
    assert_eq!(table.name, "lock");
    let named = [("time", Kind::Date), ("source", Kind::Text), ("text", Kind::Text)];
    assert_eq!(columns(&table), named);
    assert_eq!(rows(&table)[10], "12: 2022-11-01 07:20:00 | lock | quay lock[3520]: ERROR no wind");
    let table = one("a.log", &"Nov  1 07:13:00 quay INFO gate\n[x]\n".repeat(20).replace("[x]\n", ""));
    assert_eq!(columns(&table), [("time", Kind::Text), ("level", Kind::Text), ("text", Kind::Text)]);
    assert_eq!(rows(&table)[0], "1: 11-01 07:13:00 | INFO | quay INFO gate");
}

#[test]
fn ragged_rows_are_filled_up_and_too_many_are_no_table() {
    let rows_of = |short: usize| format!("a,b,c\n{}{}", "1,2,3\n".repeat(10), "9\n".repeat(short));
    let table = one("x.csv", &rows_of(1));
    assert_eq!(rows(&table)[10], "12: 9 |  | ");
    assert_eq!(tables_of("x.csv", &rows_of(3)), []);
}

#[test]
fn prose_and_bare_values_are_no_tables() {
    for text in [
        "",
        "\n\n",
        "Dear Ada, the boat leaks.\nPlease come, and bring tar.\nWe wait.\nYours, Bo\n",
        "First, we row.\nThen, we rest.\nLast, we sleep.\nNow, we wake.\n",
        "1,2\n3,4\n5,6\n7,8\n",
        "fn main() {\n    let a = [1, 2];\n}\n",
        "a | b\n",
        "|\n||\n|||\n",
        "Sheet: A\n",
        "\"open, quote\nand, more",
    ] {
        assert_eq!(tables_of("letter.txt", text), [], "{text}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    let parts =
        ["é", "|", " | ", "\n", "Sheet: ", "\"", ",", ";", "2022-11-01", "12:", "-", "€", "1.", "日本", "[", "---", "\r", "Nov "];
    let mut state = 1_u64;
    for _ in 0..3_000 {
        let mut text = String::new();
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text += parts[usize::try_from(state >> 33).unwrap() % parts.len()];
        }
        tables_of("é.csv", &text);
        tables_of("", &text.repeat(10));
    }
}
