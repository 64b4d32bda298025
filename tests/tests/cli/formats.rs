//! Every format: `plumb files` against the expected text, and answers that cite pages, slides, cells, attachments and files in archives.

use crate::plumb::{Home, root};
use plumb_tests::scripted::Reply;
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

#[derive(Deserialize)]
struct Expected {
    document: Vec<Document>,
}

/// See the head of `expected.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    path: String,
    kind: String,
    state: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    sentences: Vec<String>,
    #[serde(default)]
    anywhere: Vec<String>,
    #[serde(default)]
    places: Vec<(String, String)>,
    #[serde(default)]
    doubts: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats")
}

/// A home whose documents are the fixtures.
fn home() -> Home {
    let home = Home::new();
    copy(&fixtures(), &home.documents());
    home
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else if entry.file_name() != "expected.toml" {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Replaces each run of whitespace by one space.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Snake case, as on the wire: "OutlookMail" to "outlook_mail".
fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Differences between a document and its expectation.
fn faults(expected: &Document, found: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    check(found["kind"] == snake(&expected.kind), format!("its kind is {}, not {}", found["kind"], expected.kind));
    check(
        found["state"] == expected.state,
        format!("its state is {}, not {}: {}", found["state"], expected.state, found["reason"]),
    );
    let reason = found["reason"].as_str().unwrap_or_default();
    // An opened document says how many documents it holds.
    let opened = expected.state == "opened" && (reason.ends_with(" lies in it") || reason.ends_with(" lie in it"));
    let has_reason = if expected.reason.is_empty() { reason.is_empty() || opened } else { reason.contains(&expected.reason) };
    check(has_reason, format!("the reason is {reason:?}, not {:?}", expected.reason));
    let raw = found["text"].as_str().unwrap_or_default();
    let text = flat(raw);
    let mut from = 0;
    for sentence in &expected.sentences {
        match text[from..].find(&flat(sentence)) {
            Some(at) => from += at + flat(sentence).len(),
            None if text.contains(&flat(sentence)) => check(false, format!("out of order: {sentence:?}")),
            None => check(false, format!("missing: {sentence:?}")),
        }
    }
    for sentence in &expected.anywhere {
        check(text.contains(&flat(sentence)), format!("missing: {sentence:?}"));
    }
    for sentence in &expected.absent {
        check(!text.contains(&flat(sentence)), format!("should not be there: {sentence:?}"));
    }
    for (sentence, place) in &expected.places {
        let line = raw.lines().position(|line| flat(line).contains(&flat(sentence))).map(|index| index as u64 + 1);
        let name = line.and_then(|line| place_of(&found["places"], line));
        check(name.as_deref() == Some(place), format!("{sentence:?} lies at {name:?} (line {line:?}), not at {place:?}"));
    }
    for doubt in &expected.doubts {
        check(found["doubts"].to_string().contains(doubt), format!("no doubt says {doubt:?}: {}", found["doubts"]));
    }
    faults
}

fn place_of(places: &Value, line: u64) -> Option<String> {
    let before = places.as_array()?.iter().rfind(|place| place["line"].as_u64().is_some_and(|first| first <= line))?;
    let name = before["name"].as_str()?;
    Some(match before["row"].as_u64() {
        Some(row) => format!("{name}, row {}", row + line - before["line"].as_u64()?),
        None => name.to_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_reads_as_expected_toml_says() {
    let expected = std::fs::read_to_string(fixtures().join("expected.toml")).unwrap();
    let expected: Expected = toml::from_str(&expected).unwrap_or_else(|error| panic!("expected.toml: {}", error.message()));
    let home = home();
    let documents = home.documents();
    let outcome = home.run(&["files", "--json", "--text", documents.to_str().unwrap()]).await;
    assert_eq!(outcome.exit, Some(0), "{outcome:#?}");
    let found: Vec<Value> = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: BTreeMap<&str, &Value> = found.iter().map(|document| (document["path"].as_str().unwrap(), document)).collect();
    let mut report = String::new();
    for document in &expected.document {
        match found.get(document.path.as_str()) {
            None => writeln!(report, "{}\n    is not listed", document.path).unwrap(),
            Some(found) => {
                let faults = faults(document, found);
                if !faults.is_empty() {
                    writeln!(report, "{}\n    {}", document.path, faults.join("\n    ")).unwrap();
                }
            }
        }
    }
    let known: BTreeSet<&str> = expected.document.iter().map(|document| document.path.as_str()).collect();
    for path in found.keys().filter(|path| !known.contains(*path)) {
        writeln!(report, "{path}\n    is listed, and expected.toml does not know it").unwrap();
    }
    assert!(report.is_empty(), "{report}");
}

/// Documents of each kind of place, words in them, and the place of the words.
const CITED: [(&str, &str, &str); 7] = [
    ("printed.pdf", "Both pumps were stopped", "page 1, line 18"),
    ("slides.pptx", "What the parishes pay for.", "slide 1, line 3"),
    ("budget.xlsx", "Paint for the gauge house", "sheet Budget, row 4, line 5"),
    ("offer.eml/offer.pdf", "We offer one bearing", "page 1, line 3"),
    ("backup.zip/inner.zip/note.txt", "The keeper has the second one.", "line 2"),
    ("backup.tar.gz/budget.xlsx", "Paint for the gauge house", "sheet Budget, row 4, line 5"),
    ("report.epub", "The south pump runs on windy days only.", "chapter 2: Scope, line 12"),
];

#[tokio::test(flavor = "multi_thread")]
async fn answers_cite_pages_slides_cells_attachments_and_archives() {
    let home = home();
    let mut places = Vec::new();
    for (path, words, _) in CITED {
        // The model finds the words in this document and cites the line that holds them.
        let pattern = regex::escape(words).replace(' ', r"\s+");
        let code =
            format!("hit = grep({pattern:?}, path={path:?})[0]\nFINAL(f'It says \"{words}\" [[{{hit.path}}#L{{hit.line}}]].')");
        let answer = home.ask(&root([Reply::code(&code)]).await, &[]).await.answered();
        let citation = &answer["citations"][0];
        assert_eq!((citation["path"].as_str(), &citation["verified"]), (Some(path), &Value::from("quote_found")), "{answer}");
        places.push(citation["place"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(places, CITED.map(|(.., place)| place));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_in_pictures_and_scans_is_read_where_that_is_wanted() {
    let home = home();
    let paths = ["scan.pdf", "sheet.png", "partly-scanned.pdf"].map(|name| home.documents().join(name));
    let paths = paths.each_ref().map(|path| path.to_str().unwrap());
    let look = async |more: &[&str]| {
        let outcome = home.run(&[&["files", "--json", "--text"], paths.as_slice(), more].concat()).await;
        let documents: Vec<Value> = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(documents.len(), paths.len(), "{outcome:#?}");
        documents
    };
    let without = look(&[]).await;
    assert!(without.iter().all(|document| !document["text"].to_string().contains("Ledger, sheet 9")), "{without:?}");
    assert_eq!(without.iter().filter(|document| document["state"] == "no_text").count(), 2, "{without:?}");
    assert_eq!(without.iter().filter_map(|document| document["scans"].as_u64()).collect::<Vec<_>>(), [1], "{without:?}");
    for document in look(&["--pictures"]).await {
        assert_eq!((&document["state"], &document["scans"]), (&"extracted".into(), &Value::Null), "{document}");
        assert!(document["text"].as_str().unwrap().contains("Ledger, sheet 9"), "{document}");
        assert!(document["doubts"].to_string().contains("read from a picture"), "{document}");
    }
}
