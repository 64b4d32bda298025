//! Says a query in plain words, so that a reader of the answer sees how the question was understood.

use super::{clauses::clauses, query::END_OF_DAY};
use crate::{
    sql::{Token, TokenKind, is_keyword, one_select},
    traits::tables::{Column, Kind, Table},
};
use std::collections::BTreeMap;

/// Says how a question was read: "sum of Price where Harbour is North and Built on is in 2019". Queries of unusual form are given as they are.
pub fn in_words(sql: &str, tables: &[Table]) -> String {
    one_select(sql).and_then(|tokens| whole(&tokens, tables)).unwrap_or_else(|| sql.trim().to_owned())
}

fn whole(tokens: &[Token], tables: &[Table]) -> Option<String> {
    let clauses = clauses(tokens)?;
    let name = clauses.from.first()?;
    let table = tables.iter().find(|table| table.name.eq_ignore_ascii_case(&name.text))?;
    let mut names = BTreeMap::new();
    let mut reader = Reader { tokens: clauses.items, at: 0, table, names: &names };
    let is_distinct = reader.skip("distinct");
    let mut items = Vec::new();
    let mut given = BTreeMap::new();
    loop {
        let item = reader.sum()?;
        let is_named = reader.skip("as");
        if let Some(name) = reader.tokens.get(reader.at).filter(|token| is_named || is_name(token)) {
            given.insert(name.text.to_lowercase(), item.clone());
            reader.at += 1;
        }
        items.push(item);
        if reader.is_at_end() {
            break;
        }
        reader.sign(",")?;
    }
    names = given;

    let mut words = if is_distinct { String::from("different ") } else { String::new() };
    words.push_str(&items.join(" and "));
    let mut clause = |head: &str, tokens: &[Token], read: &dyn Fn(&mut Reader<'_>) -> Option<String>| {
        if !tokens.is_empty() {
            let mut reader = Reader { tokens, at: 0, table, names: &names };
            words.push_str(head);
            words.push_str(&read(&mut reader)?);
            reader.is_at_end().then_some(())?;
        }
        Some(())
    };
    clause(" where ", clauses.condition, &|reader| reader.condition())?;
    clause(" for each ", clauses.group, &|reader| reader.listed(&[",", " and "]))?;
    clause(" with ", clauses.having, &|reader| reader.condition())?;
    clause(", ", clauses.order, &|reader| reader.ordered())?;
    if let [number] = clauses.limit {
        words.push_str(", the first");
        if number.text != "1" {
            words.push(' ');
            words.push_str(&number.text);
        }
    } else if !clauses.limit.is_empty() {
        return None;
    }
    Some(words)
}

fn is_name(token: &Token) -> bool {
    token.kind == TokenKind::Quoted || token.kind == TokenKind::Word && !is_keyword(&token.text)
}

/// Reads tokens from left to right. Each method gives words for what it read, or `None` where it does not know the form.
struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    table: &'a Table,
    /// Words of the names that the query gives.
    names: &'a BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn skip(&mut self, word: &str) -> bool {
        let is_there = self.tokens.get(self.at).is_some_and(|token| token.is_word(word));
        self.at += usize::from(is_there);
        is_there
    }

    fn skip_sign(&mut self, sign: &str) -> bool {
        let is_there = self.tokens.get(self.at).is_some_and(|token| token.is_sign(sign));
        self.at += usize::from(is_there);
        is_there
    }

    fn sign(&mut self, sign: &str) -> Option<()> {
        self.skip_sign(sign).then_some(())
    }

    fn column(&self, token: &Token) -> Option<&'a Column> {
        self.table.columns.iter().find(|column| token.kind != TokenKind::Text && column.name.eq_ignore_ascii_case(&token.text))
    }

    fn listed(&mut self, separators: &[&str; 2]) -> Option<String> {
        let mut words = vec![self.sum()?];
        while self.skip_sign(separators[0]) {
            words.push(self.sum()?);
        }
        Some(words.join(separators[1]))
    }

    fn ordered(&mut self) -> Option<String> {
        let mut words = Vec::new();
        loop {
            let kind = self.tokens.get(self.at).and_then(|token| self.column(token)).map_or(Kind::Number, |column| column.kind);
            // A number alone is the place of a column in the answer.
            let is_place = self.tokens.get(self.at).is_some_and(|token| token.kind == TokenKind::Number);
            let value = Some(self.sum()?).filter(|_| !is_place)?;
            let is_down = self.skip("desc");
            self.skip("asc");
            let first = match (kind, is_down) {
                (Kind::Number, true) => "largest",
                (Kind::Number, false) => "smallest",
                (Kind::Date, true) => "latest",
                (Kind::Date, false) => "earliest",
                (Kind::Text, true) => "last",
                (Kind::Text, false) => "alphabetically",
            };
            words.push([first, value.as_str(), "first"].join(" "));
            if !self.skip_sign(",") {
                return Some(words.join(", "));
            }
        }
    }

    /// A value: terms with operators between them.
    fn sum(&mut self) -> Option<String> {
        let mut words = self.term()?;
        while let Some(token) = self.tokens.get(self.at).filter(|token| token.kind == TokenKind::Sign) {
            words.push_str(match token.text.as_str() {
                "+" => " plus ",
                "-" => " minus ",
                "*" => " times ",
                "/" => " divided by ",
                _ => break,
            });
            self.at += 1;
            words.push_str(&self.term()?);
        }
        Some(words)
    }

    fn term(&mut self) -> Option<String> {
        let token = self.next()?;
        match token.kind {
            // `mended` puts a time behind a day's last one.
            TokenKind::Text => return Some(token.text.trim_end_matches(END_OF_DAY).to_owned()),
            TokenKind::Number => return Some(token.text.clone()),
            TokenKind::Sign if token.text == "*" => return Some("all columns".to_owned()),
            TokenKind::Sign if token.text == "-" => return Some(format!("-{}", self.term()?)),
            TokenKind::Sign if token.text == "(" => {
                let inner = self.sum()?;
                self.sign(")")?;
                return Some(format!("({inner})"));
            }
            TokenKind::Sign => return None,
            TokenKind::Word | TokenKind::Quoted => {}
        }
        if self.skip_sign(".") {
            return self.term();
        }
        if token.kind == TokenKind::Word && self.skip_sign("(") {
            return self.call(&token.text.to_lowercase());
        }
        if let Some(column) = self.column(token) {
            return Some(if column.title.is_empty() { &column.name } else { &column.title }.trim_matches('_').replace('_', " "));
        }
        self.names.get(&token.text.to_lowercase()).cloned()
    }

    /// The arguments of a function, behind its opening parenthesis.
    fn call(&mut self, name: &str) -> Option<String> {
        let words = match name {
            "count" if self.skip_sign("*") => "number of".to_owned() + " rows",
            "count" => {
                let different = if self.skip("distinct") { " different " } else { " " };
                "number of".to_owned() + different + &self.sum()?
            }
            "sum" | "total" => "sum of ".to_owned() + &self.sum()?,
            "avg" => "average of ".to_owned() + &self.sum()?,
            "min" => "smallest ".to_owned() + &self.sum()?,
            "max" => "largest ".to_owned() + &self.sum()?,
            "abs" | "lower" | "upper" | "trim" | "date" => self.sum()?,
            "round" => {
                let value = self.sum()?;
                if self.skip_sign(",") {
                    self.sum()?;
                }
                value
            }
            "cast" => {
                let value = self.sum()?;
                self.skip("as").then_some(())?;
                self.next()?;
                value
            }
            "strftime" => {
                let part = match self.next()?.text.as_str() {
                    "%Y" => "year of ",
                    "%m" | "%Y-%m" => "month of ",
                    "%d" | "%Y-%m-%d" => "day of ",
                    _ => return None,
                };
                self.sign(",")?;
                part.to_owned() + &self.sum()?
            }
            "substr" | "substring" => {
                let value = self.sum()?;
                self.sign(",")?;
                let from = self.next()?.text.as_str();
                self.sign(",")?;
                let part = match (from, self.next()?.text.as_str()) {
                    ("1", "4") => "year of ",
                    ("1", "7") | ("6", "2") => "month of ",
                    ("9", "2") | ("1", "10") => "day of ",
                    _ => return None,
                };
                part.to_owned() + &value
            }
            _ => return None,
        };
        self.sign(")")?;
        Some(words)
    }

    fn condition(&mut self) -> Option<String> {
        let mut words = self.all_of()?;
        while self.skip("or") {
            words.push_str(" or ");
            words.push_str(&self.all_of()?);
        }
        Some(words)
    }

    fn all_of(&mut self) -> Option<String> {
        let mut words = self.comparison()?;
        while self.skip("and") {
            words.push_str(" and ");
            words.push_str(&self.comparison()?);
        }
        Some(words)
    }

    fn comparison(&mut self) -> Option<String> {
        let start = self.at;
        if self.skip_sign("(") {
            if let Some(inner) = self.condition().filter(|_| self.skip_sign(")")) {
                return Some(format!("({inner})"));
            }
            self.at = start;
        }
        let is_date =
            self.tokens.get(self.at).and_then(|token| self.column(token)).is_some_and(|column| column.kind == Kind::Date);
        let subject = self.sum()?;
        let is_not = self.skip("not");
        let operator = self.next()?;
        let verb: [&str; 2] = match operator.text.to_lowercase().as_str() {
            "=" | "==" => ["is", ""],
            "!=" | "<>" => ["is not", ""],
            "<" => ["is", if is_date { "before" } else { "below" }],
            "<=" => ["is", if is_date { "up to" } else { "at most" }],
            ">" => ["is", if is_date { "after" } else { "above" }],
            ">=" => ["is", if is_date { "from" } else { "at least" }],
            "is" => {
                let is_filled = self.skip("not");
                self.skip("null").then_some(())?;
                return Some(subject + if is_filled { " is filled" } else { " is empty" });
            }
            "between" => {
                let first = self.sum()?;
                self.skip("and").then_some(())?;
                let last = self.sum()?;
                let between = if is_not { " is outside " } else { " is between " };
                return Some(subject + between + &first + " and " + &last);
            }
            "in" => {
                self.sign("(")?;
                let values = self.listed(&[",", " or "])?;
                self.sign(")")?;
                return Some(subject + if is_not { " is not " } else { " is " } + &values);
            }
            "like" => {
                let pattern = self.next().filter(|token| token.kind == TokenKind::Text)?;
                return Some(subject + " " + &like(&pattern.text, is_date, is_not)?);
            }
            _ => return None,
        };
        let value = self.sum()?;
        let parts = [subject.as_str(), verb[0], verb[1], value.as_str()];
        Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
    }
}

fn like(pattern: &str, is_date: bool, is_not: bool) -> Option<String> {
    let core = pattern.trim_matches('%');
    if core.contains(['%', '_']) {
        return None;
    }
    let verbs = match (pattern.starts_with('%'), pattern.ends_with('%')) {
        (false, true) if is_date => ["is in", "is outside"],
        (true, true) => ["contains", "lacks"],
        (false, true) => ["begins with", "begins without"],
        (true, false) => ["ends with", "ends without"],
        (false, false) => ["is", "is not"],
    };
    let core = if is_date { core.trim_end_matches('-') } else { core };
    Some(format!("{} {core}", if is_not { verbs[1] } else { verbs[0] }))
}

#[cfg(test)]
mod tests {
    use super::{super::query::tests::boats, *};

    #[test]
    fn common_queries_are_said_in_words() {
        for (sql, words) in [
            (
                "SELECT SUM(unit_price) FROM boats WHERE harbour = 'North' AND built_on LIKE '2019-11-%'",
                "sum of Unit price where Harbour is North and Built on is in 2019-11",
            ),
            (
                "SELECT harbour, COUNT(*) AS n FROM boats GROUP BY harbour ORDER BY n DESC LIMIT 1",
                "Harbour and number of rows for each Harbour, largest number of rows first, the first",
            ),
            (
                "SELECT DISTINCT boat FROM boats b WHERE b.left_ IS NULL OR (unit_price >= 3 AND boat NOT LIKE '%punt%')",
                "different Boat where Left is empty or (Unit price is at least 3 and Boat lacks punt)",
            ),
            (
                "SELECT boat FROM boats WHERE built_on >= '2021-04-01' AND built_on < '2021-07-01' ORDER BY built_on LIMIT 3",
                "Boat where Built on is from 2021-04-01 and Built on is before 2021-07-01, earliest Built on first, the first 3",
            ),
            (
                "SELECT boat FROM boats WHERE built_on NOT BETWEEN '2019-04-01' AND '2019-04-30 24'",
                "Boat where Built on is outside 2019-04-01 and 2019-04-30",
            ),
            (
                "SELECT AVG(unit_price) * 2 FROM boats WHERE harbour IN ('North', 'South') AND strftime('%m', built_on) = '04'",
                "average of Unit price times 2 where Harbour is North or South and month of Built on is 04",
            ),
        ] {
            assert_eq!(in_words(sql, &boats()), words, "{sql}");
        }
    }

    #[test]
    fn unusual_queries_are_given_as_they_are() {
        for sql in [
            "SELECT a FROM b",
            "SELECT boat FROM boats WHERE unit_price = (SELECT MAX(unit_price) FROM boats)",
            "SELECT boat FROM boats UNION SELECT harbour FROM boats",
            "SELECT CASE WHEN 1 THEN 2 END FROM boats",
            "no query",
        ] {
            assert_eq!(in_words(sql, &boats()), sql);
        }
    }
}
