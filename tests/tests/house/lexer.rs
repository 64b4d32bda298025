//! Enough of Rust's syntax to look at sources: comments and tests are left out, string literals know the calls they stand in.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file without comments and tests.
pub struct Source {
    /// Path under the crate's `src`, such as `node/turns.rs`.
    pub path: String,
    /// The code, with each string literal emptied.
    pub code: String,
    pub literals: Vec<Literal>,
}

/// A string literal.
pub struct Literal {
    pub text: String,
    /// From 1.
    pub line: usize,
    /// Names of the calls and macros it stands in, the outermost first.
    pub inside: Vec<String>,
}

/// The sources of a crate. Folders and files of tests are left out.
pub fn sources(krate: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(krate).join("src");
    let (mut folders, mut files): (Vec<PathBuf>, Vec<Source>) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            let is_test = name.split('/').any(|part| matches!(part.trim_end_matches(".rs"), "tests" | "testing"));
            if is_test {
            } else if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") {
                files.push(read(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "{krate} has sources");
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Reads one source.
pub fn read(path: &str, text: &str) -> Source {
    let text = without_tests(text);
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut literals, mut inside) = (String::new(), Vec::new(), Vec::new());
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        if rest.starts_with(&['/', '/']) {
            at += rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
        } else if rest.starts_with(&['/', '*']) {
            at += rest.windows(2).position(|two| two == ['*', '/']).map_or(rest.len(), |end| end + 2);
        } else if let Some((length, literal)) = literal(rest, code.chars().last()) {
            let line = 1 + chars[..at].iter().filter(|c| **c == '\n').count();
            literals.push(Literal { text: literal, line, inside: inside.clone() });
            code.push_str("\"\"");
            at += length;
        } else {
            match rest[0] {
                '(' | '[' | '{' => inside.push(last_name(&code)),
                ')' | ']' | '}' => drop(inside.pop()),
                // The character literals that would be mistaken for strings or brackets.
                '\'' if rest.len() > 2 && rest[1] != '\\' && rest[2] == '\'' => {
                    code.push_str("' '");
                    at += 3;
                    continue;
                }
                '\'' if rest.len() > 3 && rest[1] == '\\' && rest[3] == '\'' => {
                    code.push_str("' '");
                    at += 4;
                    continue;
                }
                _ => {}
            }
            code.push(rest[0]);
            at += 1;
        }
    }
    Source { path: path.to_owned(), code, literals }
}

/// The string literal that `rest` begins with: its length in characters, and its text.
fn literal(rest: &[char], before: Option<char>) -> Option<(usize, String)> {
    let is_in_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let raw = rest[0] == 'r' && !is_in_name;
    let hashes = if raw { rest[1..].iter().take_while(|c| **c == '#').count() } else { 0 };
    if raw && rest.get(1 + hashes) == Some(&'"') {
        let body = &rest[hashes + 2..];
        let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
        let end = body.windows(closing.len()).position(|part| part == closing)?;
        return Some((hashes + 2 + end + closing.len(), body[..end].iter().collect()));
    }
    if rest[0] != '"' {
        return None;
    }
    let mut escaped = false;
    let end = rest[1..].iter().position(|c| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    })?;
    Some((end + 2, rest[1..=end].iter().collect()))
}

/// The name that `code` ends with, a macro's with its exclamation mark.
fn last_name(code: &str) -> String {
    let code = code.trim_end();
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '!');
    code[code.trim_end_matches(is_of_name).len()..].to_owned()
}

/// The text without items under `#[cfg(test)]`.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        kept.push('\n');
        // The item ends at its closing bracket, formatted as it is, or is one line.
        for line in lines.by_ref() {
            kept.push('\n');
            if line.starts_with(&format!("{indent}}}"))
                || line.trim_end().ends_with(';') && line.starts_with(&format!("{indent}mod "))
            {
                break;
            }
        }
    }
    kept
}
