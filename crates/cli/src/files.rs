//! `plumb files`: the documents of folders, with their states and texts.

use crate::{
    arguments,
    outcome::Exit,
    terminal::{self, say, tell},
};
use parking_lot::Mutex;
use plumb_api::{
    Examined, Place, Plumb,
    documents::{DocumentEntry, DocumentState},
    fault::Fault,
};
use serde::Serialize;
use std::{
    io::IsTerminal,
    sync::Arc,
    time::{Duration, Instant},
};

/// Time between two lines of progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// `plumb files`.
pub async fn run(plumb: &Plumb, arguments: arguments::Files) -> Result<Exit, Fault> {
    let files = plumb.files(&arguments.paths, arguments.include.into(), arguments.pictures).await?;
    if arguments.json && arguments.text {
        // Prints each document as it is read, so that memory does not hold all texts.
        files.read(true, |document, _, _| println!("{}", line(&document))).await?;
        return Ok(Exit::Answered);
    }
    let documents = if arguments.listed {
        files.listed().await?
    } else {
        let read: Arc<Mutex<Vec<Examined>>> = Arc::default();
        let (kept, told) = (read.clone(), Mutex::new(Instant::now()));
        let shows = std::io::stderr().is_terminal();
        let take = move |document, done, all| {
            kept.lock().push(document);
            let mut told = told.lock();
            if shows && told.elapsed() > PROGRESS_INTERVAL {
                *told = Instant::now();
                tell!("Read {done} of {all} documents");
            }
        };
        files.read(arguments.text, take).await?;
        let mut documents = std::mem::take(&mut *read.lock());
        documents.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        documents
    };
    if arguments.json {
        let lines: String = documents.iter().map(|document| line(document) + "\n").collect();
        print!("{lines}");
        return Ok(Exit::Answered);
    }
    let overview = files.overview().await;
    say!("{}: {} documents, about {} tokens of text", overview.name, overview.documents, overview.tokens_estimate);
    if overview.skipped > 0 {
        say!("Left out: {}", overview.reasons());
    }
    let by_rules = files.left_out_by_rules().await?;
    let rules: Vec<_> = by_rules.iter().map(|left| format!("{} {}", left.files, left.rule.words())).collect();
    if !rules.is_empty() {
        say!("Not listed: {} (list them with --hidden, --ignored or --git)", rules.join(", "));
    }
    println!();
    for document in &documents {
        let entry = &document.entry;
        say!("{:<12} {:<24} {:>11}  {}", state(entry.state), entry.kind_name, entry.bytes, entry.path);
        for note in entry.reason.iter().chain(&entry.doubts) {
            say!("{:<12} {note}", "");
        }
        if let Some((_, text)) = &document.text {
            say!("\n{text}");
        }
    }
    Ok(Exit::Answered)
}

/// A document as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    entry: &'a DocumentEntry,
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<&'a [Place]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

fn line(Examined { entry, text }: &Examined) -> String {
    let (places, text) = text.as_ref().map(|(places, text)| (places.as_slice(), text.as_str())).unzip();
    terminal::json(&Line { entry, places, text })
}

fn state(state: DocumentState) -> &'static str {
    match state {
        DocumentState::Listed => "listed",
        DocumentState::Text => "text",
        DocumentState::Extracted => "extracted",
        DocumentState::Opened => "opened",
        DocumentState::NoText => "no text",
        DocumentState::Skipped => "left out",
        DocumentState::Failed => "failed",
    }
}
