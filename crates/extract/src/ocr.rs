//! Reads the text of pictures with a sealed `tesseract`, if it is installed.

use crate::{Failure, WordBox};
use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

/// Folders where packages install language data.
const DATA_FOLDERS: [&str; 2] = ["/usr/share/tesseract-ocr", "/usr/share/tessdata"];
/// Maximum size of the table of words.
const MAX_TABLE_BYTES: u64 = 64 << 20;

/// A line of text in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct OcrLine {
    /// The text.
    pub text: String,
    /// Its words with their positions in the picture; `line` is the index of this line.
    pub words: Vec<WordBox>,
    /// The line is the first of a paragraph.
    pub begins: bool,
    /// Tesseract's confidence, from 0 to 1.
    pub sure: f32,
}

/// Short names of the installed languages: "deu", "eng". Empty where tesseract is not installed.
#[must_use]
pub fn languages() -> Vec<String> {
    if !Path::new("/usr/bin/tesseract").is_file() {
        return Vec::new();
    }
    let within = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let mut names: Vec<String> = DATA_FOLDERS
        .iter()
        // Debian uses one folder for each version.
        .flat_map(|folder| within(Path::new(folder)).into_iter().map(|path| path.join("tessdata")).chain([PathBuf::from(folder)]))
        .flat_map(|folder| within(&folder))
        .filter(|path| path.extension().is_some_and(|extension| extension == "traineddata"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        // These two hold data for layout and formulas, not for a language.
        .filter(|name| name != "osd" && name != "equ")
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Reads the text of a picture. `program` is `plumb-extract`, which seals itself and then becomes tesseract.
///
/// # Errors
/// Tesseract or a language is missing, tesseract cannot be sealed, or it takes longer than `timeout`.
pub fn ocr(program: &Path, png: &[u8], languages: &[String], timeout: Duration) -> Result<Vec<OcrLine>, Failure> {
    let installed = self::languages();
    if installed.is_empty() {
        return Err(Failure::passing("the program tesseract, which reads pictures, is not installed"));
    }
    if let Some(missing) = languages.iter().find(|name| !installed.contains(name)) {
        return Err(Failure::passing(format!("tesseract has no data for the language {missing}")));
    }
    let cannot_start = |e: std::io::Error| Failure::passing(format!("the picture reader could not be started: {e}"));
    let mut child = Command::new(program)
        .args(["ocr", &languages.join("+")])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot_start)?;
    let (to, from, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (done, received) = mpsc::channel();
    let table = std::thread::scope(|scope| {
        // A broken pipe needs no handling here: the answer will be incomplete.
        scope.spawn(|| to.map(|mut to| to.write_all(png)));
        scope.spawn(move || {
            let mut table = Vec::new();
            let read = from.map(|from| from.take(MAX_TABLE_BYTES).read_to_end(&mut table));
            let _ = done.send(read.is_some_and(|read| read.is_ok()).then_some(table));
        });
        let table = received.recv_timeout(timeout);
        // Ending the child ends the threads too.
        let _ = child.kill();
        table
    });
    let _ = child.wait();
    let Ok(table) = table else { return Err(Failure::failed(format!("reading the picture took longer than {timeout:?}"))) };
    let table = String::from_utf8(table.unwrap_or_default()).unwrap_or_default();
    lines(&table).ok_or_else(|| {
        let mut words = Vec::new();
        let _ = errors.map(|errors| errors.take(4096).read_to_end(&mut words));
        match String::from_utf8_lossy(&words).lines().next() {
            Some(words) => Failure::failed(format!("the picture could not be read: {words}")),
            None => Failure::passing("the picture could not be read: its reader gave no answer"),
        }
    })
}

/// Parses tesseract's table into lines. `None`: this is no such table.
fn lines(table: &str) -> Option<Vec<OcrLine>> {
    let mut rows = table.lines();
    rows.next().filter(|head| head.starts_with("level\tpage_num"))?;
    let (mut size, mut last, mut lines) = (None, [0; 3], Vec::<OcrLine>::new());
    for row in rows {
        let cells: Vec<&str> = row.splitn(12, '\t').collect();
        let [level, _, block, paragraph, line, _, left, top, width, height, sure, text] = cells[..] else { continue };
        let number = |cell: &str| cell.parse::<f32>().unwrap_or_default();
        let [left, top, width, height] = [left, top, width, height].map(number);
        if level == "1" {
            size = Some([width.max(1.0), height.max(1.0)]);
        }
        let (Some([wide, high]), "5", text) = (size, level, text.trim()) else { continue };
        if text.is_empty() {
            continue;
        }
        let place = [block, paragraph, line].map(|cell| cell.parse::<u32>().unwrap_or_default());
        if place != last || lines.is_empty() {
            let begins = place[..2] != last[..2];
            lines.push(OcrLine { text: String::new(), words: Vec::new(), begins, sure: 0.0 });
            last = place;
        }
        let number_of_line = lines.len() as u32 - 1;
        if let Some(line) = lines.last_mut() {
            // In scripts without spaces every character is a word.
            let unspaced = line.text.ends_with(is_unspaced) && text.starts_with(is_unspaced);
            if !line.text.is_empty() && !unspaced {
                line.text.push(' ');
            }
            line.text.push_str(text);
            let area = [left / wide, top / high, width / wide, height / high];
            line.words.push(WordBox { line: number_of_line, text: text.to_owned(), area });
            let count = line.words.len() as f32;
            line.sure += (number(sure) / 100.0 - line.sure) / count;
        }
    }
    size.map(|_| lines)
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_table_become_lines() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
                     1\t1\t0\t0\t0\t0\t0\t0\t200\t100\t-1\t\n\
                     5\t1\t1\t1\t1\t1\t20\t10\t40\t10\t90\tTwo\n\
                     5\t1\t1\t1\t1\t2\t70\t10\t40\t10\t70\twords\n\
                     5\t1\t1\t1\t2\t1\t20\t30\t10\t10\t95\t水\n\
                     5\t1\t1\t1\t2\t2\t30\t30\t10\t10\t95\t位\n\
                     5\t1\t2\t1\t1\t1\t20\t60\t10\t10\t95\t \n";
        let lines = lines(table).unwrap();
        let texts: Vec<_> = lines.iter().map(|line| (line.text.as_str(), line.begins)).collect();
        assert_eq!(texts, [("Two words", true), ("水位", false)]);
        assert_eq!(lines[0].words[1].area, [0.35, 0.1, 0.2, 0.1]);
        assert!((lines[0].sure - 0.8).abs() < 0.001 && lines[1].words[0].line == 1);
    }

    #[test]
    fn output_that_is_no_table_is_rejected() {
        assert_eq!(lines("Error in pixReadMem: Unknown format\n"), None);
    }
}
