//! Splits SQL into tokens: enough to check and mend the short queries of a model, without a grammar.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A bare word: a keyword, a function or an identifier.
    Word,
    /// An identifier in `"..."`, `` `...` `` or `[...]`. SQLite reads one in double quotes as text where no column has its name.
    Quoted,
    /// Text in `'...'`.
    Text,
    /// A number.
    Number,
    /// An operator or punctuation: `=`, `<=`, `(`.
    Sign,
}

/// A token of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The kind.
    pub kind: TokenKind,
    /// The word, number or sign; the content of text and quoted identifiers, without quotes.
    pub text: String,
}

impl Token {
    /// A bare word.
    pub fn word(text: &str) -> Self {
        Token { kind: TokenKind::Word, text: text.to_owned() }
    }

    /// A literal text.
    pub fn text(text: &str) -> Self {
        Token { kind: TokenKind::Text, text: text.to_owned() }
    }

    /// Whether it is this keyword, in any case.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this sign.
    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == TokenKind::Sign && self.text == sign
    }
}

/// Longest SQL that is split, in bytes.
pub const MAX_SQL_BYTES: usize = 8_000;

/// Deepest parentheses of a query.
const MAX_DEPTH: usize = 50;

/// Splits `sql`. `None` where quotes are not closed, or where it is longer than [`MAX_SQL_BYTES`]. Comments are left out.
pub fn tokens(sql: &str) -> Option<Vec<Token>> {
    if sql.len() > MAX_SQL_BYTES {
        return None;
    }
    let mut tokens = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let (kind, text) = match c {
            c if c.is_whitespace() => continue,
            '-' if next == Some('-') => {
                chars.by_ref().find(|c| *c == '\n');
                continue;
            }
            '/' if next == Some('*') => {
                chars.next();
                let mut last = ' ';
                loop {
                    match chars.next()? {
                        '/' if last == '*' => break,
                        c => last = c,
                    }
                }
                continue;
            }
            '\'' | '"' | '`' | '[' => {
                let close = if c == '[' { ']' } else { c };
                let mut text = String::new();
                loop {
                    match chars.next()? {
                        c if c == close => {
                            if close == ']' || chars.next_if_eq(&close).is_none() {
                                break;
                            }
                            text.push(close);
                        }
                        c => text.push(c),
                    }
                }
                (if c == '\'' { TokenKind::Text } else { TokenKind::Quoted }, text)
            }
            c if c.is_ascii_digit() || c == '.' && next.is_some_and(|c| c.is_ascii_digit()) => {
                let mut text = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '.' | '_')) {
                    text.push(c);
                }
                (TokenKind::Number, text)
            }
            c if c.is_alphabetic() || c == '_' => {
                let mut text = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                    text.push(c);
                }
                (TokenKind::Word, text)
            }
            c => {
                let mut text = String::from(c);
                let pairs = |next: &char| matches!((c, *next), ('<' | '>' | '=' | '!', '=') | ('<', '>') | ('|', '|'));
                if let Some(next) = chars.next_if(pairs) {
                    text.push(next);
                }
                (TokenKind::Sign, text)
            }
        };
        tokens.push(Token { kind, text });
    }
    Some(tokens)
}

/// Writes tokens as SQL again.
pub fn written(tokens: &[Token]) -> String {
    let mut sql = String::new();
    let mut last: Option<&Token> = None;
    for token in tokens {
        let opens = |token: &Token| token.is_sign("(") || token.is_sign(".");
        let tight = match last {
            None => true,
            Some(before) if opens(before) => true,
            // A parenthesis belongs to its function, but not to a keyword.
            Some(before) if token.is_sign("(") => {
                let is_function = ["cast", "replace"].iter().any(|name| before.is_word(name));
                before.kind == TokenKind::Word && (is_function || !is_keyword(&before.text))
            }
            Some(_) => [")", ",", "."].iter().any(|sign| token.is_sign(sign)),
        };
        if !tight {
            sql.push(' ');
        }
        match token.kind {
            TokenKind::Text => sql.push_str(&format!("'{}'", token.text.replace('\'', "''"))),
            TokenKind::Quoted => sql.push_str(&quoted(&token.text)),
            TokenKind::Word | TokenKind::Number | TokenKind::Sign => sql.push_str(&token.text),
        }
        last = Some(token);
    }
    sql
}

/// An identifier between double quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tokens of `sql` where it is one SELECT: without the semicolon at its end. `None` for any other statement, for
/// more than one and for parentheses in more than 50 levels.
pub fn one_select(sql: &str) -> Option<Vec<Token>> {
    let mut tokens = tokens(sql)?;
    while tokens.last().is_some_and(|token| token.is_sign(";")) {
        tokens.pop();
    }
    let begins = tokens.first().is_some_and(|token| token.is_word("select"));
    let forbidden =
        |token: &Token| token.is_sign(";") || ["recursive", "attach", "pragma"].iter().any(|word| token.is_word(word));
    let mut depth = 0_usize;
    let is_deep = tokens.iter().any(|token| {
        depth = if token.is_sign("(") { depth + 1 } else { depth.saturating_sub(usize::from(token.is_sign(")"))) };
        depth > MAX_DEPTH
    });
    (begins && !is_deep && !tokens.iter().any(forbidden)).then_some(tokens)
}

/// Words of SQLite's grammar (https://sqlite.org/lang_keywords.html) that a query may hold or that no identifier may be.
const KEYWORDS: &str = "abort action add after all alter always analyze and as asc attach autoincrement before begin between by cascade case \
    cast check collate column commit conflict constraint create cross current current_date current_time current_timestamp \
    database default deferrable deferred delete desc detach distinct do drop each else end escape except exclude exclusive \
    exists explain fail false filter first following for foreign from full generated glob group groups having if ignore \
    immediate in index indexed initially inner insert instead intersect into is isnull join key last left like limit match \
    materialized natural no not nothing notnull null nulls of offset on or order others outer over partition plan pragma \
    preceding primary query raise range recursive references regexp reindex release rename replace restrict returning \
    right rollback row rows savepoint select set table temp temporary then ties to transaction trigger true unbounded \
    union unique update using vacuum values view virtual when where window with without";

/// Whether SQLite reserves the word, in any case.
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.split_ascii_whitespace().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_known_in_any_case() {
        assert!(is_keyword("Order") && !is_keyword("boat"));
    }

    #[test]
    fn sql_is_split_and_written_again() {
        let sql =
            "select COUNT(*), b.\"Hull no\" from boats b -- all\nwhere name <> 'Anna''s' AND price>=1.5 /* ; */ and x in (1, 2)";
        let again = written(&tokens(sql).unwrap());
        assert_eq!(again, "select COUNT(*), b.\"Hull no\" from boats b where name <> 'Anna''s' AND price >= 1.5 and x in (1, 2)");
        assert_eq!(written(&tokens(&again).unwrap()), again);
    }

    #[test]
    fn open_quotes_and_long_queries_are_refused() {
        for sql in ["SELECT 'a", "SELECT \"a", "SELECT /* a", &"x ".repeat(5_000)] {
            assert_eq!(tokens(sql), None, "{sql:.20}");
        }
    }

    #[test]
    fn only_one_select_is_accepted() {
        assert!(one_select("SELECT ';' FROM a; ;").is_some());
        for sql in [
            "",
            "DROP TABLE a",
            "SELECT 1; DROP TABLE a",
            "PRAGMA user_version",
            "ATTACH 'x.db' AS x",
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c",
            "SELECT * FROM (WITH RECURSIVE c(x) AS (SELECT 1) SELECT x FROM c)",
            &format!("SELECT {}1{}", "(".repeat(51), ")".repeat(51)),
        ] {
            assert_eq!(one_select(sql), None, "{sql}");
        }
    }
}
