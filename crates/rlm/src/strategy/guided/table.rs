//! Rows of tables with the names of their columns: a small model that sees only bare cells takes one column for another.

/// Maximum distance of a row from its table's first row, in lines.
pub const REACH_LINES: u64 = 200;

/// Follows the lines of a text and knows the columns of the table that it is in.
pub struct Columns<'a> {
    names: Vec<&'a str>,
    /// The table's first line was seen; without it the names are not known.
    begun: bool,
}

impl<'a> Columns<'a> {
    /// `whole`: the lines start at the beginning of the text.
    pub fn new(whole: bool) -> Self {
        Columns { names: Vec::new(), begun: whole }
    }

    /// The next line, with the columns' names where it is a row below a heading: `Day: first | Litres: 4`.
    pub fn follow(&mut self, line: &'a str) -> Option<String> {
        let Some(cells) = cells(line) else {
            (self.names, self.begun) = (Vec::new(), true);
            return None;
        };
        if self.names.len() != cells.len() {
            // In the middle of a table its heading is not known; rows of another width begin another table.
            self.begun |= !self.names.is_empty();
            self.names = cells;
            return None;
        }
        let rule = cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':' | '=')));
        // Lines of a log have bars too, but begin with a date or a number, the first one as well.
        let heading = self.begun && !self.names.first().is_some_and(|name| name.contains(|c: char| c.is_numeric()));
        if rule || !heading {
            return None;
        }
        let named = self.names.iter().zip(cells).map(|(name, cell)| match *name {
            "" => cell.to_owned(),
            name => format!("{name}: {cell}"),
        });
        Some(named.collect::<Vec<_>>().join(" | "))
    }
}

/// The cells of a row, in Markdown or in text extracted from documents.
fn cells(line: &str) -> Option<Vec<&str>> {
    let line = line.trim();
    if !line.contains(" | ") {
        return None;
    }
    // Markdown sets a row between bars; a bar at one end alone belongs to an empty cell.
    let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap_or(line);
    Some(line.split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(whole: bool, lines: &[&'static str]) -> Vec<Option<String>> {
        let mut columns = Columns::new(whole);
        lines.iter().map(|line| columns.follow(line)).collect()
    }

    #[test]
    fn rows_carry_the_names_of_their_columns() {
        let lines = ["Prices", "", "Boat | Per day | Deposit", "Canoe | 20 | 100", "Raft | 35 | "];
        let named = follow(true, &lines);
        assert_eq!(named[..3], [None, None, None]);
        assert_eq!(named[3].as_deref(), Some("Boat: Canoe | Per day: 20 | Deposit: 100"));
        assert_eq!(named[4].as_deref(), Some("Boat: Raft | Per day: 35 | Deposit: "));
    }

    #[test]
    fn tables_of_markdown_are_read_over_their_rule() {
        let named =
            follow(true, &["| Boat | Per day |", "| --- | ---: |", "| Canoe | 20 |", "and | more words | of another width"]);
        assert_eq!(named, [None, None, Some("Boat: Canoe | Per day: 20".to_owned()), None]);
    }

    #[test]
    fn a_table_whose_heading_was_not_seen_keeps_its_bare_cells() {
        assert_eq!(follow(false, &["Canoe | 20", "Raft | 35"]), [None, None]);
        assert_eq!(
            follow(false, &["Canoe | 20", "", "Boat | Per day", "Raft | 35"])[3].as_deref(),
            Some("Boat: Raft | Per day: 35")
        );
    }

    #[test]
    fn lines_of_a_log_have_no_heading() {
        assert_eq!(follow(true, &["2023-01-01 | WARN | full", "2023-01-02 | INFO | empty"]), [None, None]);
    }
}
