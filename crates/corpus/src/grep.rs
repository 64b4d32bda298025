//! Lines that match a regular expression, over all processors.

use crate::document::{Document, Freezer, needs_extractor, state_of};
use grep_matcher::Matcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use plumb_rlm::corpus::{CorpusError, DocumentState, GrepResult, Hit, Text};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Read},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// A line of a hit is cut to about this many bytes around its match.
const LINE: usize = 500;
/// Larger files are frozen first, which needs no memory, and then searched.
const IN_MEMORY: u64 = 16 << 20;

/// The matcher for a pattern of the user or the model.
pub fn matcher(pattern: &str, ignore_case: bool) -> Result<RegexMatcher, CorpusError> {
    RegexMatcherBuilder::new().case_insensitive(ignore_case).line_terminator(Some(b'\n')).build(pattern).map_err(|error| CorpusError {
        code: "bad_pattern",
        message: format!("The pattern is not a valid regular expression: {error}. Put a backslash before characters that are meant literally."),
    })
}

/// Searches these documents, which are in path order. Blocks; ends soon after `stop` is set.
pub fn grep(
    documents: &[&Document],
    matcher: &RegexMatcher,
    limit: usize,
    freezer: &Freezer,
    stop: &AtomicBool,
) -> Result<GrepResult, CorpusError> {
    let found = over(documents, matcher, Found { limit, ..Found::default() }, freezer, stop)?;
    Ok(GrepResult {
        hits: found.hits.into_values().flatten().take(limit).collect(),
        total: found.total,
        documents: found.matching.len() as u64,
        failed: found.failed,
    })
}

/// Which of these documents hold a match.
pub fn matching(
    documents: &[&Document],
    matcher: &RegexMatcher,
    freezer: &Freezer,
    stop: &AtomicBool,
) -> Result<Vec<usize>, CorpusError> {
    Ok(over(documents, matcher, Found { first_only: true, ..Found::default() }, freezer, stop)?.matching)
}

fn over(
    documents: &[&Document],
    matcher: &RegexMatcher,
    found: Found,
    freezer: &Freezer,
    stop: &AtomicBool,
) -> Result<Found, CorpusError> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(found);
    let worker = || {
        let mut searcher =
            SearcherBuilder::new().line_number(true).binary_detection(BinaryDetection::none()).bom_sniffing(false).build();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(document) = documents.get(index).filter(|_| !stop.load(Ordering::Relaxed)) else { return };
            if document.may_have_text() {
                one(index, document, &mut searcher, matcher, freezer, stop, &found);
            }
        }
    };
    std::thread::scope(|scope| {
        let others = std::thread::available_parallelism().map_or(1, usize::from).min(documents.len()).saturating_sub(1);
        for _ in 0..others {
            scope.spawn(worker);
        }
        worker();
    });
    if stop.load(Ordering::Relaxed) {
        return Err(CorpusError { code: "cancelled", message: "The search was stopped.".to_owned() });
    }
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    match found.trouble {
        Some(trouble) => Err(trouble),
        None => Ok(found),
    }
}

#[derive(Default)]
struct Found {
    limit: usize,
    /// Whether a document holds a match is all that is asked.
    first_only: bool,
    hits: BTreeMap<usize, Vec<Hit>>,
    total: u64,
    matching: Vec<usize>,
    failed: u64,
    trouble: Option<CorpusError>,
}

impl Found {
    /// Hits of documents further up that are already known to fill the result make those of this one needless.
    fn wants(&self, index: usize) -> bool {
        self.hits.range(..index).map(|(_, hits)| hits.len()).sum::<usize>() < self.limit
    }

    fn add(&mut self, index: usize, total: u64, hits: Vec<Hit>) {
        self.total += total;
        if total > 0 {
            self.matching.push(index);
        }
        if !hits.is_empty() && self.wants(index) {
            self.hits.insert(index, hits);
            while let Some((&last, _)) = self.hits.last_key_value()
                && !self.wants(last)
            {
                self.hits.pop_last();
            }
        }
    }
}

fn one(
    index: usize,
    document: &Document,
    searcher: &mut Searcher,
    matcher: &RegexMatcher,
    freezer: &Freezer,
    stop: &AtomicBool,
    found: &Mutex<Found>,
) {
    let found = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let mut search = |text: &str| {
        let (limit, first_only) = {
            let found = found();
            (found.limit, found.first_only)
        };
        let mut lines = Lines { matcher, path: &document.path, limit, first_only, stop, total: 0, hits: Vec::new() };
        // The sink never fails, and a slice cannot: there is no error to report.
        let _ = searcher.search_slice(matcher, text.as_bytes(), &mut lines);
        (lines.total, lines.hits)
    };
    let ours = match document.frozen() {
        Some(_) => None,
        None => untouched(document),
    };
    let result = match ours {
        Some(Ok(text)) => {
            let (total, hits) = search(&text);
            // Frozen only if it can be cited; what is counted alone need not be kept.
            let wanted = !hits.is_empty() && found().wants(index);
            match wanted.then(|| document.freeze(freezer, &text)) {
                None => Ok((total, hits)),
                Some(Err(error)) => Err(error),
                // Somebody else froze it in between, and the file changed in between: the frozen text counts.
                Some(Ok(frozen)) if frozen.as_str() != text => Ok(search(frozen.as_str())),
                Some(Ok(_)) => Ok((total, hits)),
            }
        }
        Some(Err(())) => {
            found().failed += u64::from(document.entry().state == DocumentState::Failed);
            return;
        }
        None => document.touch(freezer).map(|text| search(text.as_str())),
    };
    match result {
        Ok((total, hits)) => found().add(index, total, hits),
        Err(error) if error.code == "disk_full" => found().trouble = Some(error),
        Err(error) => found().failed += u64::from(error.code != "no_text"),
    }
}

/// The text of a small plain file that nobody has touched. `None`: it has to be touched. An error is noted in the document.
fn untouched(document: &Document) -> Option<Result<String, ()>> {
    if document.bytes > IN_MEMORY {
        return None;
    }
    let mut bytes = Vec::new();
    let read = document
        .open()
        .and_then(|file| file.take(IN_MEMORY + 1).read_to_end(&mut bytes).map_err(|error| format!("it cannot be read: {error}")));
    if let Err(reason) = read {
        document.refuse(DocumentState::Failed, reason);
        return Some(Err(()));
    }
    if bytes.len() as u64 > IN_MEMORY || is_document(&bytes) {
        return None;
    }
    if !needs_extractor(&bytes) && memchr::memchr(b'\r', &bytes).is_none() {
        match String::from_utf8(bytes) {
            Ok(text) => return Some(Ok(text)),
            Err(error) => bytes = error.into_bytes(),
        }
    }
    Some(plumb_extract::decode_text(&bytes).map_err(|failure| document.refuse(state_of(failure.state), failure.reason)))
}

fn is_document(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"{\\rtf") || memchr::memmem::find(head, b"%PDF-").is_some()
}

struct Lines<'a> {
    matcher: &'a RegexMatcher,
    path: &'a str,
    limit: usize,
    first_only: bool,
    stop: &'a AtomicBool,
    total: u64,
    hits: Vec<Hit>,
}

impl Sink for Lines<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        self.total += 1;
        if self.hits.len() < self.limit {
            let line = String::from_utf8_lossy(found.bytes());
            let text = cut(line.trim_end_matches(['\n', '\r']), self.matcher).into_owned();
            self.hits.push(Hit { path: self.path.to_owned(), line: found.line_number().unwrap_or(0), text });
        }
        Ok(!self.first_only && !self.stop.load(Ordering::Relaxed))
    }
}

/// A long line, cut around its first match.
fn cut<'a>(line: &'a str, matcher: &RegexMatcher) -> Cow<'a, str> {
    if line.len() <= LINE {
        return Cow::Borrowed(line);
    }
    let at = matcher.find(line.as_bytes()).ok().flatten().map_or(0, |found| found.start());
    around(line, at, LINE)
}

/// `length` bytes of `text` around `at`, with marks where something is left out.
fn around(text: &str, at: usize, length: usize) -> Cow<'_, str> {
    if text.len() <= length {
        return Cow::Borrowed(text);
    }
    let start = text.floor_char_boundary(at.saturating_sub(length / 3).min(text.len() - length));
    let end = text.ceil_char_boundary(start + length);
    let mark = |cut: bool| if cut { "…" } else { "" };
    Cow::Owned(format!("{}{}{}", mark(start > 0), &text[start..end], mark(end < text.len())))
}
