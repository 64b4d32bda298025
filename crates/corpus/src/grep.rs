//! Finding lines that match a regular expression, on all processors.

use crate::{
    document::Document,
    facts::Facts,
    reading::read::{Reading, needs_extractor},
    snapshot::text::{FrozenText, PIECE_BYTES},
    work,
};
use grep_matcher::Matcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use parking_lot::Mutex;
use plumb_extract::{Reader, reader_of};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    traits::corpus::{GrepResult, Hit, Text},
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Length, in bytes, to which the line of a hit is cut around its match.
const MAX_LINE_BYTES: usize = 500;
/// Size, in bytes, of the largest file that is searched in memory. Larger ones are frozen first, which needs no memory.
const MAX_IN_MEMORY_BYTES: u64 = 16 << 20;

/// The matcher for a pattern of the user or the model.
///
/// # Errors
/// `bad_pattern`.
pub fn matcher(pattern: &str, ignore_case: bool) -> Result<RegexMatcher, Fault> {
    RegexMatcherBuilder::new().case_insensitive(ignore_case).line_terminator(Some(b'\n')).build(pattern).map_err(|error| {
        fault!(
            Code::BadPattern,
            "The pattern is not a valid regular expression: {error}. Put a backslash before characters that are meant literally.",
            error = error,
        )
    })
}

/// Searches these documents, which are in path order. Blocks; ends soon after `stop` is set.
///
/// # Errors
/// `disk_full`, `cancelled`.
pub fn grep(
    documents: &[Arc<Document>],
    matcher: &RegexMatcher,
    limit: usize,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<GrepResult, Fault> {
    let found = over(documents, matcher, Found { limit, ..Found::default() }, reading, stop)?;
    Ok(GrepResult {
        hits: found.hits.into_values().flatten().take(limit).collect(),
        total: found.total,
        documents: found.matching.len() as u64,
        failed: found.failed,
    })
}

/// The indexes of the documents that hold a match.
///
/// # Errors
/// As [`grep`].
pub fn matching(
    documents: &[Arc<Document>],
    matcher: &RegexMatcher,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<Vec<usize>, Fault> {
    Ok(over(documents, matcher, Found { first_only: true, ..Found::default() }, reading, stop)?.matching)
}

fn over(
    documents: &[Arc<Document>],
    matcher: &RegexMatcher,
    found: Found,
    reading: &Reading,
    stop: &AtomicBool,
) -> Result<Found, Fault> {
    let found = Mutex::new(found);
    work::each(documents, stop, || {
        let (mut searcher, found) = (searcher(), &found);
        move |index, document: &Arc<Document>| match reading.may_have_text(document) {
            true => one(index, document, &mut searcher, matcher, reading, stop, found),
            false => Ok(()),
        }
    })?;
    Ok(found.into_inner())
}

#[derive(Default)]
struct Found {
    limit: usize,
    /// One match in a document is enough.
    first_only: bool,
    hits: BTreeMap<usize, Vec<Hit>>,
    total: u64,
    matching: Vec<usize>,
    failed: u64,
}

impl Found {
    /// Whether hits of this document can be in the result: the known hits of earlier documents do not fill it.
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

fn searcher() -> Searcher {
    SearcherBuilder::new().line_number(false).binary_detection(BinaryDetection::none()).bom_sniffing(false).build()
}

/// A text that is searched.
#[derive(Clone, Copy)]
struct Searched<'a> {
    text: &'a str,
    /// Memory of a frozen text is given back piece by piece, so that a text of any size takes little.
    frozen: Option<&'a FrozenText>,
}

impl Searched<'_> {
    fn release(&self, start: usize, end: usize) {
        if let Some(frozen) = self.frozen {
            frozen.release(start..end);
        }
    }
}

/// The number of matching lines in one text, and the first of them, each with its place. All processors search a large text together.
fn lines<'a>(
    searched: Searched<'a>,
    searcher: &mut Searcher,
    matcher: &RegexMatcher,
    limit: usize,
    first_only: bool,
    stop: &AtomicBool,
) -> (u64, Vec<(usize, &'a str)>) {
    let text = searched.text;
    let search = |searcher: &mut Searcher, piece: &'a str| {
        let begin = piece.as_ptr() as usize - text.as_ptr() as usize;
        let mut lines = Lines { text, begin, limit, first_only, stop, total: 0, hits: Vec::new() };
        // Neither the sink nor a slice can fail, so there is no error to report.
        let _ = searcher.search_slice(matcher, piece.as_bytes(), &mut lines);
        searched.release(begin, begin + piece.len());
        (lines.total, lines.hits)
    };
    if text.len() < 2 * PIECE_BYTES {
        return search(searcher, text);
    }
    let found = Mutex::new(BTreeMap::new());
    let enough = AtomicBool::new(false);
    // The only error is that `stop` was set, which the caller did itself.
    let _ = work::each(&pieces(searched), stop, || {
        let (mut searcher, found, search, enough) = (self::searcher(), &found, &search, &enough);
        move |index, piece: &&'a str| {
            if enough.load(Ordering::Relaxed) {
                return Ok(());
            }
            let lines = search(&mut searcher, piece);
            enough.fetch_or(first_only && lines.0 > 0, Ordering::Relaxed);
            found.lock().insert(index, lines);
            Ok(())
        }
    });
    let found = found.into_inner();
    let total = found.values().map(|(total, _)| total).sum();
    (total, found.into_values().flat_map(|(_, hits)| hits).take(limit).collect())
}

/// Cuts a text into pieces of whole lines.
fn pieces(searched: Searched<'_>) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = searched.text;
    while !rest.is_empty() {
        let from = PIECE_BYTES.min(rest.len());
        let end = memchr::memchr(b'\n', &rest.as_bytes()[from..]).map_or(rest.len(), |end| from + end + 1);
        let (piece, after) = rest.split_at(end);
        let done = searched.text.len() - after.len();
        searched.release(done - (end - from), done);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Hits with the numbers of their lines. Lines are counted once, up to the last hit.
fn numbered(path: &str, searched: Searched<'_>, found: Vec<(usize, &str)>, matcher: &RegexMatcher) -> Vec<Hit> {
    let (mut line, mut counted) = (1, 0);
    let number = |(begin, text_of): (usize, &str)| {
        while counted < begin {
            let end = begin.min(counted + PIECE_BYTES);
            line += memchr::memchr_iter(b'\n', &searched.text.as_bytes()[counted..end]).count() as u64;
            searched.release(counted, end);
            counted = end;
        }
        Hit { path: path.to_owned(), line, text: cut(text_of.trim_end_matches(['\n', '\r']), matcher).into_owned() }
    };
    found.into_iter().map(number).collect()
}

fn one(
    index: usize,
    document: &Arc<Document>,
    searcher: &mut Searcher,
    matcher: &RegexMatcher,
    reading: &Reading,
    stop: &AtomicBool,
    found: &Mutex<Found>,
) -> Result<(), Fault> {
    let found = || found.lock();
    let mut search = |text: &str, frozen: Option<&FrozenText>| {
        let searched = Searched { text, frozen };
        let (limit, first_only) = {
            let found = found();
            (found.limit, found.first_only)
        };
        let (total, hits) = lines(searched, searcher, matcher, limit, first_only, stop);
        (total, numbered(&document.path, searched, hits, matcher))
    };
    let ours = match reading.held.text(document) {
        Some(_) => None,
        None => untouched(document, reading),
    };
    let result = match ours {
        Some(text) => {
            let (total, hits) = search(&text, None);
            // Frozen only if a hit can be cited. Hits that are only counted need no text.
            let wanted = !hits.is_empty() && found().wants(index);
            match wanted.then(|| reading.freeze_read(document, &text)) {
                None => Ok((total, hits)),
                Some(Err(fault)) => Err(fault),
                // Another thread froze it, and the file changed in between. The frozen text counts.
                Some(Ok(frozen)) if frozen.as_str() != text => Ok(search(frozen.as_str(), Some(&frozen))),
                Some(Ok(_)) => Ok((total, hits)),
            }
        }
        None => reading.touch(document).map(|text| search(text.as_str(), Some(&text))),
    };
    match result {
        Ok((total, hits)) => found().add(index, total, hits),
        Err(fault) if fault.code == Code::DiskFull => return Err(fault),
        Err(fault) => found().failed += u64::from(fault.code != Code::NoText),
    }
    Ok(())
}

/// The text of a small plain file that was not touched. `None`: it has to be touched, if only to learn what is wrong with it.
fn untouched(document: &Document, reading: &Reading) -> Option<String> {
    if document.stamp.bytes > MAX_IN_MEMORY_BYTES
        || document.origin.file().is_none()
        || document.origin.is_remote()
        || reading.held.look(document, Facts::has_failed)
    {
        return None;
    }
    // Room for one byte more, so that the end shows without another, larger read.
    let mut bytes = Vec::with_capacity(document.stamp.bytes as usize + 1);
    document.open().ok()?.take(MAX_IN_MEMORY_BYTES + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > MAX_IN_MEMORY_BYTES || matches!(reader_of(&bytes, &document.path), Reader::Child(_)) {
        return None;
    }
    if !needs_extractor(&bytes, &document.path) && memchr::memchr(b'\r', &bytes).is_none() {
        match String::from_utf8(bytes) {
            Ok(text) => return Some(text),
            Err(error) => bytes = error.into_bytes(),
        }
    }
    plumb_extract::decode_text(&bytes).ok()
}

struct Lines<'t, 's> {
    text: &'t str,
    /// Where the searched piece begins in the text.
    begin: usize,
    limit: usize,
    first_only: bool,
    stop: &'s AtomicBool,
    total: u64,
    hits: Vec<(usize, &'t str)>,
}

impl Sink for Lines<'_, '_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        self.total += 1;
        if self.hits.len() < self.limit {
            let begin = self.begin + found.absolute_byte_offset() as usize;
            // Lines of a `str` begin and end between characters.
            if let Some(line) = self.text.get(begin..begin + found.bytes().len()) {
                self.hits.push((begin, line));
            }
        }
        Ok(!self.first_only && !self.stop.load(Ordering::Relaxed))
    }
}

/// Cuts a long line around its first match.
fn cut<'a>(line: &'a str, matcher: &RegexMatcher) -> Cow<'a, str> {
    if line.len() <= MAX_LINE_BYTES {
        return Cow::Borrowed(line);
    }
    let at = matcher.find(line.as_bytes()).ok().flatten().map_or(0, |found| found.start());
    around(line, at, MAX_LINE_BYTES)
}

/// Cuts out `length` bytes of `text` around `at`, and marks where something is left out.
fn around(text: &str, at: usize, length: usize) -> Cow<'_, str> {
    if text.len() <= length {
        return Cow::Borrowed(text);
    }
    let start = text.floor_char_boundary(at.saturating_sub(length / 3).min(text.len() - length));
    let end = text.ceil_char_boundary(start + length);
    let mark = |cut: bool| if cut { "…" } else { "" };
    Cow::Owned(format!("{}{}{}", mark(start > 0), &text[start..end], mark(end < text.len())))
}
