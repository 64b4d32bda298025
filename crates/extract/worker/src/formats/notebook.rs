//! Jupyter notebooks, cell by cell.

use super::html;
use crate::{Outcome, lines};
use plumb_extract::{Failure, Kind, Parsed, Place, decode_text};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Notebook {
    cells: Option<Vec<Cell>>,
    /// Used up to version 3.
    worksheets: Option<Vec<Worksheet>>,
}

#[derive(Deserialize)]
struct Worksheet {
    #[serde(default)]
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(default)]
    cell_type: String,
    #[serde(default)]
    source: Lines,
    /// Source of code cells up to version 3.
    #[serde(default)]
    input: Lines,
    /// Level of a heading cell (version 3).
    #[serde(default)]
    level: usize,
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    #[serde(default)]
    output_type: String,
    #[serde(default)]
    text: Lines,
    /// Representations by media type; up to version 3 they are fields of the output itself.
    #[serde(default)]
    data: Option<Data>,
    #[serde(default)]
    html: Lines,
    #[serde(default)]
    latex: Lines,
    #[serde(default)]
    traceback: Lines,
    #[serde(default)]
    ename: Lines,
    #[serde(default)]
    evalue: Lines,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default, rename = "text/plain")]
    plain: Lines,
    #[serde(default, rename = "text/html")]
    html: Lines,
    #[serde(default, rename = "text/markdown")]
    markdown: Lines,
    #[serde(default, rename = "text/latex")]
    latex: Lines,
}

/// A string, or a list of its lines. Anything else counts as empty.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    /// The whole text: each line includes its line end.
    fn joined(self) -> String {
        self.0.concat()
    }
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::String(text) => vec![text],
            Value::Array(lines) => lines.into_iter().filter_map(|line| line.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        }))
    }
}

/// Reads the cells in order, each followed by its outputs.
pub fn text(bytes: &[u8]) -> Outcome {
    let json = decode_text(bytes)?;
    let notebook: Notebook =
        serde_json::from_str(&json).map_err(|_| Failure::failed("damaged: it is not a complete notebook"))?;
    drop(json);
    let older = notebook.worksheets.into_iter().flatten().flat_map(|sheet| sheet.cells);
    let mut parsed = Parsed::new(Kind::Notebook, String::new());
    let mut line = 1;
    for (number, cell) in (1..).zip(notebook.cells.into_iter().flatten().chain(older)) {
        let text = cell_text(cell);
        if text.is_empty() {
            continue;
        }
        if line > 1 {
            parsed.text.push('\n');
            line += 1;
        }
        parsed.places.push(Place::new(line, format!("cell {number}")));
        line += text.lines().count() as u64;
        parsed.text.push_str(&text);
        parsed.text.push('\n');
    }
    if parsed.text.is_empty() { Err(Failure::no_text("an empty notebook")) } else { Ok(parsed) }
}

fn cell_text(cell: Cell) -> String {
    let source = [cell.source, cell.input].into_iter().map(Lines::joined).find(|text| !text.is_empty()).unwrap_or_default();
    let mut out = match cell.cell_type.as_str() {
        "heading" => format!("{} {source}", "#".repeat(cell.level.clamp(1, 6))),
        // Pictures may be embedded in the text.
        "markdown" => without_data_urls(&source),
        _ => source,
    };
    let mut in_stream = false;
    for output in cell.outputs {
        let stream = output.output_type == "stream";
        let text = output_text(output);
        // Consecutive stream outputs are one text.
        if !(text.trim().is_empty() || stream && in_stream) {
            out.push_str("\n\n");
        }
        out.push_str(&text);
        in_stream = stream;
    }
    lines::tidy(&out)
}

fn output_text(output: Output) -> String {
    if output.output_type == "error" || output.output_type == "pyerr" {
        let traceback = output.traceback.0.join("\n");
        let short = || format!("{}: {}", output.ename.joined(), output.evalue.joined());
        return without_terminal_codes(&if traceback.is_empty() { short() } else { traceback });
    }
    let data = output.data.unwrap_or_default();
    let first = |texts: Vec<Lines>| texts.into_iter().map(Lines::joined).find(|text| !text.trim().is_empty());
    let direct = first(vec![output.text, data.plain]);
    let page = first(vec![data.html, output.html]);
    match (direct, page) {
        // A table reads better as rows than as formatted for a terminal.
        (_, Some(page)) if page.contains("<table") => html::plain(&page),
        (Some(text), _) => without_terminal_codes(&text),
        (None, Some(page)) => html::plain(&page),
        (None, None) => first(vec![data.markdown, data.latex, output.latex]).unwrap_or_default(),
    }
}

/// Removes terminal escape sequences, and text that a carriage return overwrote.
fn without_terminal_codes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(sequence) = rest.strip_prefix('[') {
            let end = sequence.find(|c: char| matches!(c, '@'..='~')).map_or(sequence.len(), |end| end + 1);
            rest = &sequence[end..];
        }
    }
    out.push_str(rest);
    if !out.contains('\r') {
        return out;
    }
    let last = |line: &str| line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default().to_owned();
    out.split('\n').map(last).collect::<Vec<_>>().join("\n")
}

/// Removes `data:` URLs that embed whole pictures.
fn without_data_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("data:image/") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ')' | '"' | '\'' | '>')).unwrap_or(rest.len());
        if end < 200 {
            out.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out + rest
}

#[cfg(test)]
#[path = "notebook/tests.rs"]
mod tests;
