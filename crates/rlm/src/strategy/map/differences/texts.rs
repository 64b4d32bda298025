//! Statements of a document: its sentences, table rows and settings that hold values.

use super::values::{self, Kind, Placed};
use regex::Regex;
use std::{collections::HashMap, sync::LazyLock};

/// Maximum length of a statement, in bytes.
const MAX_STATEMENT_BYTES: usize = 1_200;

/// Lines shorter than this, in bytes, are not wrapped: the next line starts a new sentence.
const MIN_WRAPPED_LINE_BYTES: usize = 40;

/// Maximum length of a heading or of a document's title, in bytes.
const MAX_HEADING_BYTES: usize = 110;

/// A document, taken apart.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub title: String,
    pub sentences: Vec<Sentence>,
}

/// The form a sentence was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Prose,
    Row,
    Setting,
}

/// A sentence, a table row or a setting.
#[derive(Debug)]
pub(super) struct Sentence {
    /// The line it begins on, from 1.
    #[cfg_attr(not(test), allow(dead_code, reason = "tests check where sentences begin"))]
    pub line: u64,
    pub text: String,
    pub heading: String,
    pub form: Form,
    /// Sentences of one paragraph share this number.
    pub block: usize,
    pub values: Vec<Held>,
}

/// A value of a sentence.
#[derive(Debug)]
pub(super) struct Held {
    pub placed: Placed,
    /// Words that name this value alone: a table column's header or a setting's name.
    pub name: String,
    /// From 1.
    pub line: u64,
}

static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?x) (?P<name> [A-Za-z_][\w-]{2,} ) ["']? \s* (?: :\s*[A-Za-z_][\w<>]*\s*= | := | = | : ) \s* ["']?
             (?P<value> -?\d[\d_.,]* (?: \s*\*\s*[A-Za-z0-9_]+ )* | [\w.+-]+@[\w.-]+ | https?://[^\s"']+ | [A-Za-z][\w.-]*:\d{2,5}\b )
             [\sa-z;,"']* (?P<comment> (?: \#|//|--|/\* ) .* )?"#,
    )
});
static FLAG: LazyLock<Regex> = LazyLock::new(|| regex(r"--(?P<name>[a-z][a-z0-9-]{2,})[ =](?P<value>\d[\d.]*)\b"));
static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"^\s*(?:[-*•+]\s+|\(?[0-9]{1,3}[.)]\s+|\(?[a-z]\)\s+|\d{1,2}(?:\.\d{1,2})*\s{2,}|\d{1,2}(?:\.\d{1,2})+\s+|>\s*)")
});
static STAMP: LazyLock<Regex> = LazyLock::new(|| regex(r"^\W?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}"));
static FIELD: LazyLock<Regex> = LazyLock::new(|| regex(r"^[A-Z][A-Za-z-]{1,24}:(?:\s|$)"));
static QUOTES: LazyLock<Regex> = LazyLock::new(|| regex(r#""""|'''"#));

fn regex(pattern: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constant and the tests compile them")]
    let regex = Regex::new(pattern).expect("a valid pattern");
    regex
}

const CODE: [&str; 40] = [
    "py",
    "rs",
    "js",
    "mjs",
    "ts",
    "tsx",
    "jsx",
    "java",
    "kt",
    "c",
    "h",
    "cc",
    "cpp",
    "hpp",
    "cs",
    "go",
    "rb",
    "php",
    "sh",
    "bash",
    "toml",
    "yaml",
    "yml",
    "json",
    "ini",
    "cfg",
    "conf",
    "env",
    "properties",
    "sql",
    "swift",
    "scala",
    "lua",
    "pl",
    "r",
    "gradle",
    "tf",
    "nix",
    "mk",
    "ps1",
];

/// Takes a document apart. Binary text yields nothing.
pub(super) fn parts(path: &str, text: &str) -> Parts {
    let head = text.chars().take(4_000);
    if head.filter(|c| c.is_control() && !"\n\r\t\u{c}".contains(*c) || *c == '\u{fffd}').count() > 20 {
        return Parts::default();
    }
    let extension = path.rsplit(['/', '.']).next().unwrap_or_default().to_lowercase();
    let mut reader = Reader::default();
    if CODE.contains(&extension.as_str()) {
        reader.code(text);
    } else {
        reader.prose(text, &extension);
    }
    reader.parts
}

#[derive(Default)]
struct Reader {
    parts: Parts,
    heading: String,
    block: usize,
}

/// A line and its number from 1.
type Line<'a> = (u64, &'a str);

impl Reader {
    fn prose(&mut self, text: &str, extension: &str) {
        let mut lines: Vec<Line<'_>> = (1..).zip(text.lines()).collect();
        lines.drain(..self.skip_mail_head(&lines));
        let always_table = matches!(extension, "csv" | "tsv");
        let mut rest = lines.as_slice();
        while let Some((&(_, line), after)) = rest.split_first() {
            let line_text = line.trim();
            if line_text.is_empty() || line_text.starts_with('>') || line_text.chars().all(|c| !c.is_alphanumeric()) {
                self.block += 1;
                rest = after;
                continue;
            }
            let (table, separator) = table_lines(rest, always_table);
            if table > 1 {
                self.table(&rest[..table], separator);
                rest = &rest[table..];
                continue;
            }
            let next = after.first().map_or("", |(_, next)| next.trim());
            if let Some(heading) = heading(line, next, self.parts.title.is_empty()) {
                if self.parts.title.is_empty() {
                    self.parts.title = heading.to_owned();
                } else {
                    self.heading = heading.to_owned();
                }
                self.block += 1;
                rest = after;
                continue;
            }
            let end = 1 + after.iter().zip(rest).take_while(|((_, next), (_, line))| continues(line, next)).count();
            let is_item = MARKER.is_match(line);
            if is_item || STAMP.is_match(line) {
                self.block += 1;
            }
            self.paragraph(&rest[..end]);
            if self.parts.title.is_empty() {
                self.parts.title = clipped(line_text, MAX_HEADING_BYTES).to_owned();
            }
            rest = &rest[end..];
        }
    }

    /// Number of lines of an e-mail's header. Its subject becomes the title.
    fn skip_mail_head(&mut self, lines: &[Line<'_>]) -> usize {
        let is_head = |line: &str| FIELD.is_match(line) || line.starts_with([' ', '\t']) && !line.trim().is_empty();
        let count = lines.iter().take_while(|(_, line)| is_head(line)).count();
        let names = ["From:", "To:", "Subject:", "Date:"];
        let head = &lines[..count];
        if names.iter().filter(|name| head.iter().any(|(_, line)| line.starts_with(**name))).count() < 3 {
            return 0;
        }
        let subject = head.iter().find_map(|(_, line)| line.strip_prefix("Subject:"));
        self.parts.title = clipped(subject.unwrap_or_default().trim(), MAX_HEADING_BYTES).to_owned();
        count
    }

    /// Adds the sentences of a paragraph.
    fn paragraph(&mut self, lines: &[Line<'_>]) {
        let mut text = String::new();
        let mut starts = Vec::new();
        for (index, (number, line)) in lines.iter().enumerate() {
            let bare = if index == 0 { MARKER.find(line).map_or(*line, |marker| &line[marker.end()..]) } else { line };
            starts.push((text.len(), *number));
            text.push_str(bare.trim());
            text.push(' ');
        }
        for (start, end) in sentences(&text) {
            let sentence = &text[start..end];
            let line_at = |offset: usize| starts.iter().rev().find(|(at, _)| *at <= start + offset).map_or(1, |(_, line)| *line);
            let mut found = values::find(sentence);
            if STAMP.is_match(sentence) {
                found.retain(|placed| placed.start > 20);
            }
            let flags =
                FLAG.captures_iter(sentence).filter_map(|flag| Some((flag.name("value")?.start(), flag.name("name")?.as_str())));
            let flags: HashMap<usize, &str> = flags.collect();
            let values = found.into_iter().map(|placed| Held {
                line: line_at(placed.start),
                name: flags.get(&placed.start).copied().unwrap_or_default().to_owned(),
                placed,
            });
            let values: Vec<Held> = values.collect();
            let line = values.first().map_or_else(|| line_at(0), |held| held.line);
            self.add(line, sentence, Form::Prose, values);
        }
    }

    fn add(&mut self, line: u64, text: &str, form: Form, values: Vec<Held>) {
        let (text, heading, block) = (text.trim().to_owned(), self.heading.clone(), self.block);
        self.parts.sentences.push(Sentence { line, text, heading, form, block, values });
    }

    /// Adds a row of a table for each line after the header.
    fn table(&mut self, lines: &[Line<'_>], separator: char) {
        let Some((&(_, head), rows)) = lines.split_first() else { return };
        let headers = cells(head, separator);
        for (number, row) in rows {
            let cells = cells(row, separator);
            if cells.iter().all(|cell| cell.chars().all(|c| !c.is_alphanumeric())) {
                continue;
            }
            self.block += 1;
            let mut text = String::new();
            let mut values = Vec::new();
            for (index, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let header = headers.get(index).map_or("", String::as_str);
                let start = text.len() + if text.is_empty() { 0 } else { 2 } + header.len() + 2;
                text.push_str(if text.is_empty() { "" } else { "; " });
                text.push_str(header);
                text.push_str(": ");
                text.push_str(cell);
                for mut placed in values::find(cell) {
                    if placed.value.unit.is_empty() && placed.value.kind == Kind::Number {
                        placed.value.unit =
                            words(header).iter().find_map(|word| values::known_unit(word)).unwrap_or_default().to_owned();
                    }
                    (placed.start, placed.end, placed.label) = (placed.start + start, placed.end + start, None);
                    values.push(Held { placed, name: header.to_owned(), line: *number });
                }
            }
            if text.len() <= MAX_STATEMENT_BYTES {
                self.add(*number, &text, Form::Row, values);
            }
        }
        self.block += 1;
    }

    /// Adds the comments and settings of a program or a configuration file.
    fn code(&mut self, text: &str) {
        let mut in_quotes = false;
        let mut comment: Vec<Line<'_>> = Vec::new();
        let mut settings = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let bare = line.trim();
            let marks = QUOTES.find_iter(bare).count();
            let starts = ["#", "//", "/*", "* ", "--", ";"].iter().any(|mark| bare.starts_with(mark))
                && !bare.starts_with("#define")
                && !bare.starts_with("#[");
            if in_quotes || marks > 0 || starts {
                in_quotes ^= marks % 2 == 1;
                let words = bare.trim_matches(|c: char| "#/*\"'!;- ".contains(c));
                if !words.is_empty() {
                    comment.push((number, words));
                }
                if marks == 0 || in_quotes || words.is_empty() {
                    continue;
                }
            }
            self.comment(&mut comment);
            if let Some(section) = bare.strip_prefix('[').and_then(|bare| bare.strip_suffix(']')) {
                self.heading = section.to_owned();
            }
            if marks == 0 && line.len() < 400 {
                settings.extend(setting(number, line).map(|setting| (setting, self.heading.clone(), self.block)));
            }
        }
        self.comment(&mut comment);
        for ((line, text, held), heading, block) in settings {
            let values = vec![held];
            let mention = self.mention(&values[0].name);
            let heading = [heading, mention].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
            self.parts.sentences.push(Sentence { line, text, heading, form: Form::Setting, block: block + 1_000_000, values });
        }
    }

    fn comment(&mut self, lines: &mut Vec<Line<'_>>) {
        if lines.is_empty() {
            return;
        }
        self.block += 1;
        if self.parts.title.is_empty() && self.parts.sentences.is_empty() {
            self.parts.title = clipped(lines[0].1, MAX_HEADING_BYTES).to_owned();
        }
        self.paragraph(lines);
        lines.clear();
    }

    /// The comment that names a constant.
    fn mention(&self, name: &str) -> String {
        let is_distinct = name.len() >= 6 && name.contains('_');
        let mention = self.parts.sentences.iter().find(|sentence| is_distinct && sentence.text.contains(name));
        mention.map_or_else(String::new, |sentence| clipped(&sentence.text, 200).to_owned())
    }
}

/// The setting of a line of code.
fn setting(number: u64, line: &str) -> Option<(u64, String, Held)> {
    let found = FLAG.captures(line).or_else(|| SETTING.captures(line))?;
    let (name, value) = (found.name("name")?, found.name("value")?);
    let written = value.as_str();
    let mut placed = match written.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        true => factors(written, value.start()),
        false => values::find(written).into_iter().next()?,
    };
    let comment = found.iter().last().flatten().filter(|last| last.start() > value.end()).map_or("", |last| last.as_str());
    let noted = comment.trim_matches(|c: char| "#/*- ".contains(c));
    if placed.value.kind == Kind::Number && placed.value.unit.is_empty() {
        let mut names = words(name.as_str());
        names.extend(words(noted).into_iter().take(1));
        placed.value.unit =
            names.iter().filter(|word| word.len() > 1).find_map(|word| values::known_unit(word)).unwrap_or_default().to_owned();
    }
    let is_trivial = placed.value.kind == Kind::Number && matches!(placed.value.amount as i64, -1..=1);
    let held = Held { placed, name: name.as_str().to_owned(), line: number };
    (!is_trivial).then(|| (number, clipped(line.trim(), 300).to_owned(), held))
}

/// A number, or a product of numbers and of constants that name a unit.
fn factors(written: &str, start: usize) -> Placed {
    let (mut amount, mut unit) = (1.0, String::new());
    for factor in written.split('*').map(str::trim) {
        if factor.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let plain = factor.trim_end_matches(['.', ',']).replace('_', "");
            amount *= plain.parse().unwrap_or_else(|_| values::amount(&plain));
        } else {
            let known = words(factor).iter().find_map(|word| values::known_unit(word).map(str::to_owned));
            unit = known.unwrap_or_else(|| values::stem(factor));
        }
    }
    let text = written.trim_end_matches(['.', ',']).to_owned();
    let end = start + text.len();
    Placed { value: values::Value { kind: Kind::Number, text, unit, amount }, start, end, label: None }
}

/// Words of a name or a text, split at punctuation, underscores and changes of case.
pub(super) fn words(text: &str) -> Vec<String> {
    positioned_words(text).into_iter().map(|(_, word)| word).collect()
}

/// Words in lower case with their byte offsets.
pub(super) fn positioned_words(text: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let (mut is_inside, mut was_lower) = (false, false);
    for (at, c) in text.char_indices() {
        let is_letter = c.is_alphabetic();
        if is_letter {
            if !is_inside || was_lower && c.is_uppercase() {
                words.push((at, String::new()));
            }
            if let Some((_, word)) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        (is_inside, was_lower) = (is_letter, c.is_lowercase());
    }
    words
}

/// The longest start of a text of at most `max` bytes.
pub(super) fn clipped(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// The next line goes on with the paragraph of this one.
fn continues(line: &str, next: &str) -> bool {
    let next_text = next.trim();
    let is_start =
        next_text.is_empty() || next_text.starts_with(['#', '>', '|']) || MARKER.is_match(next) || STAMP.is_match(next);
    let is_lower = next_text.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit());
    !is_start && !next_text.chars().all(|c| !c.is_alphanumeric()) && (line.len() >= MIN_WRAPPED_LINE_BYTES || is_lower)
}

/// The heading that a line is.
fn heading<'a>(line: &'a str, next: &str, is_first: bool) -> Option<&'a str> {
    let text = line.trim();
    if let Some(marked) = text.strip_prefix('#') {
        let heading = marked.trim_start_matches('#');
        return heading.starts_with(' ').then(|| clipped(heading.trim(), MAX_HEADING_BYTES));
    }
    let is_underlined = next.len() > 2 && (next.chars().all(|c| c == '=') || next.chars().all(|c| c == '-'));
    let has_end = text.ends_with(['.', ',', ';', ':', '!', '?']);
    let is_upper = text.len() > 3 && text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_lowercase);
    let is_title = is_first && next.is_empty() || is_upper || is_underlined;
    (is_title && !has_end && text.len() <= MAX_HEADING_BYTES).then_some(text)
}

/// Number of lines at the start that form a table, and the separator of their cells.
fn table_lines(lines: &[Line<'_>], always: bool) -> (usize, char) {
    let Some((_, head)) = lines.first() else { return (0, ',') };
    for separator in ['|', '\t', ';', ','] {
        let wanted = head.matches(separator).count();
        let min_separators = if always || "|\t".contains(separator) { 1 } else { 2 };
        if wanted < min_separators {
            continue;
        }
        let is_row = |line: &str| {
            let count = if line.contains('"') { cells(line, separator).len() - 1 } else { line.matches(separator).count() };
            count == wanted && (always || !line.trim_end().ends_with(['.', ',']))
        };
        let rows = lines.iter().take_while(|(_, line)| is_row(line)).count();
        let prose = cells(head, separator)
            .iter()
            .any(|cell| cell.len() > 60 || values::find(cell).iter().any(|p| p.value.kind == Kind::Date));
        if rows >= if min_separators == 1 { 2 } else { 3 } && !prose {
            return (rows, separator);
        }
    }
    (0, ',')
}

/// Cells of a row, without their quotation marks.
fn cells(row: &str, separator: char) -> Vec<String> {
    let row = if separator == '|' { row.trim().trim_matches('|') } else { row };
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    for c in row.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c == separator && !is_quoted => cells.push(String::new()),
            c => cells.iter_mut().last().into_iter().for_each(|cell| cell.push(c)),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// Byte ranges of a text's sentences.
fn sentences(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut start = 0;
    let ends = text.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?' | '。'));
    for (at, mark) in ends {
        let mut end = at + mark.len_utf8();
        end += text[end..].chars().take_while(|c| "\"'*)”’»".contains(*c)).map(char::len_utf8).sum::<usize>();
        let after = &text[end..];
        let next = after.trim_start();
        let starts_anew = !next.starts_with(char::is_lowercase) && (after.starts_with(char::is_whitespace) || mark == '。');
        let word = text[start..at].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let is_short =
            word.chars().count() == 1 && !word.starts_with(char::is_lowercase) && !word.starts_with(|c: char| c.is_ascii_digit());
        let is_abbreviation =
            mark == '.' && (is_short || ["No", "Nr", "Mr", "Mrs", "Dr", "St", "Art", "Abs", "ca", "approx"].contains(&word));
        let is_day = mark == '.'
            && word.len() <= 2
            && values::find(&text[at - word.len()..text.ceil_char_boundary((at + 24).min(text.len()))])
                .first()
                .is_some_and(|p| p.value.kind == Kind::Date);
        if starts_anew && !is_abbreviation && !is_day && end > start {
            push_range(text, &mut ranges, start, end);
            start = end;
        }
    }
    push_range(text, &mut ranges, start, text.len());
    ranges
}

fn push_range(text: &str, ranges: &mut Vec<(usize, usize)>, start: usize, end: usize) {
    let end = end.min(text.floor_char_boundary(start + MAX_STATEMENT_BYTES));
    if text[start..end].chars().any(char::is_alphanumeric) {
        let start = start + text[start..end].len() - text[start..end].trim_start().len();
        ranges.push((start, end));
    }
}
