//! What Plumb makes of each document of a folder.

use crate::{
    arguments,
    outcome::Exit,
    terminal::{self, say, tell},
};
use plumb_api::{
    Examined, Place, Plumb,
    documents::{DocumentEntry, DocumentState},
    fault::Fault,
};
use serde::Serialize;
use std::{
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Between two words about how far it is.
const PROGRESS: Duration = Duration::from_millis(500);

/// `plumb files`.
pub async fn run(plumb: &Plumb, arguments: arguments::Files) -> Result<Exit, Fault> {
    let files = plumb.files(&arguments.paths, arguments.include.into(), arguments.pictures).await?;
    if arguments.json && arguments.text {
        // One line for each as it is read: texts are not gathered.
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
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(document);
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if shows && told.elapsed() > PROGRESS {
                *told = Instant::now();
                tell!("read {done} of {all} documents");
            }
        };
        files.read(arguments.text, take).await?;
        let mut documents = std::mem::take(&mut *read.lock().unwrap_or_else(PoisonError::into_inner));
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
        say!("left out: {}", overview.reasons());
    }
    let by_rules = files.left_out_by_rules().await?;
    let rules: Vec<_> = by_rules.iter().map(|left| format!("{} {}", left.files, left.rule.words())).collect();
    if !rules.is_empty() {
        say!("not listed: {} (--hidden, --ignored, --git list them)", rules.join(", "));
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

/// A document on a line of JSON.
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
