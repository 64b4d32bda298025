//! Lines that match a regular expression, over all processors.

use crate::{
    document::Document,
    frozen::{FrozenText, PIECE},
    parallel,
    reading::{Reading, needs_extractor},
};
use grep_matcher::Matcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use plumb_extract::{Reader, reader_of};
use plumb_rlm::{
    fault::{Code, Fault},
    traits::corpus::{GrepResult, Hit, Text},
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// A line of a hit is cut to about this many bytes around its match.
const LINE: usize = 500;
/// Larger files are frozen first, which needs no memory, and then searched.
const IN_MEMORY: u64 = 16 << 20;

/// The matcher for a pattern of the user or the model.
pub fn matcher(pattern: &str, ignore_case: bool) -> Result<RegexMatcher, Fault> {
    RegexMatcherBuilder::new().case_insensitive(ignore_case).line_terminator(Some(b'\n')).build(pattern).map_err(|error| Fault::new(Code::BadPattern, format!("The pattern is not a valid regular expression: {error}. Put a backslash before characters that are meant literally.")))
}

/// Searches these documents, which are in path order. Blocks; ends soon after `stop` is set.
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

/// Which of these documents hold a match.
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
    parallel::each(documents, stop, || {
        let (mut searcher, found) = (searcher(), &found);
        move |index, document: &Arc<Document>| match document.may_have_text() {
            true => one(index, document, &mut searcher, matcher, reading, stop, found),
            false => Ok(()),
        }
    })?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
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

fn searcher() -> Searcher {
    SearcherBuilder::new().line_number(false).binary_detection(BinaryDetection::none()).bom_sniffing(false).build()
}

/// A text that is searched.
#[derive(Clone, Copy)]
struct Searched<'a> {
    text: &'a str,
    /// The memory of a frozen one is given back piece by piece, so that one of any size takes little.
    frozen: Option<&'a FrozenText>,
}

impl Searched<'_> {
    fn let_go(&self, start: usize, end: usize) {
        if let Some(frozen) = self.frozen {
            frozen.let_go(start..end);
        }
    }
}

/// The lines of one text that match: how many, and the first of them by where they begin. A large text is searched by all processors at once.
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
        // The sink never fails, and a slice cannot: there is no error to report.
        let _ = searcher.search_slice(matcher, piece.as_bytes(), &mut lines);
        searched.let_go(begin, begin + piece.len());
        (lines.total, lines.hits)
    };
    if text.len() < 2 * PIECE {
        return search(searcher, text);
    }
    let found = Mutex::new(BTreeMap::new());
    let enough = AtomicBool::new(false);
    // That it was stopped is told by whoever stopped it.
    let _ = parallel::each(&pieces(searched), stop, || {
        let (mut searcher, found, search, enough) = (self::searcher(), &found, &search, &enough);
        move |index, piece: &&'a str| {
            if enough.load(Ordering::Relaxed) {
                return Ok(());
            }
            let lines = search(&mut searcher, piece);
            enough.fetch_or(first_only && lines.0 > 0, Ordering::Relaxed);
            found.lock().unwrap_or_else(PoisonError::into_inner).insert(index, lines);
            Ok(())
        }
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let total = found.values().map(|(total, _)| total).sum();
    (total, found.into_values().flat_map(|(_, hits)| hits).take(limit).collect())
}

/// A text in pieces of whole lines.
fn pieces(searched: Searched<'_>) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = searched.text;
    while !rest.is_empty() {
        let from = PIECE.min(rest.len());
        let end = memchr::memchr(b'\n', &rest.as_bytes()[from..]).map_or(rest.len(), |end| from + end + 1);
        let (piece, after) = rest.split_at(end);
        let done = searched.text.len() - after.len();
        searched.let_go(done - (end - from), done);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Hits with the numbers of their lines, counted once from the first to the last of them.
fn numbered(path: &str, searched: Searched<'_>, found: Vec<(usize, &str)>, matcher: &RegexMatcher) -> Vec<Hit> {
    let (mut line, mut counted) = (1, 0);
    let number = |(begin, text_of): (usize, &str)| {
        while counted < begin {
            let end = begin.min(counted + PIECE);
            line += memchr::memchr_iter(b'\n', &searched.text.as_bytes()[counted..end]).count() as u64;
            searched.let_go(counted, end);
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
    let found = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let mut search = |text: &str, frozen: Option<&FrozenText>| {
        let searched = Searched { text, frozen };
        let (limit, first_only) = {
            let found = found();
            (found.limit, found.first_only)
        };
        let (total, hits) = lines(searched, searcher, matcher, limit, first_only, stop);
        (total, numbered(&document.path, searched, hits, matcher))
    };
    let ours = match document.frozen() {
        Some(_) => None,
        None => untouched(document),
    };
    let result = match ours {
        Some(text) => {
            let (total, hits) = search(&text, None);
            // Frozen only if it can be cited; what is counted alone need not be kept.
            let wanted = !hits.is_empty() && found().wants(index);
            match wanted.then(|| document.freeze(reading, &text)) {
                None => Ok((total, hits)),
                Some(Err(error)) => Err(error),
                // Somebody else froze it in between, and the file changed in between: the frozen text counts.
                Some(Ok(frozen)) if frozen.as_str() != text => Ok(search(frozen.as_str(), Some(&frozen))),
                Some(Ok(_)) => Ok((total, hits)),
            }
        }
        None => document.touch(reading).map(|text| search(text.as_str(), Some(&text))),
    };
    match result {
        Ok((total, hits)) => found().add(index, total, hits),
        Err(error) if error.code == Code::DiskFull => return Err(error),
        Err(error) => found().failed += u64::from(error.code != Code::NoText),
    }
    Ok(())
}

/// The text of a small plain file that nobody has touched. `None`: it has to be touched, if only to learn what is wrong with it.
fn untouched(document: &Document) -> Option<String> {
    if document.stamp.bytes > IN_MEMORY
        || document.origin.file().is_none()
        || document.origin.is_remote()
        || document.has_failed()
    {
        return None;
    }
    // One byte more than there are, so that the end is seen without another, larger read.
    let mut bytes = Vec::with_capacity(document.stamp.bytes as usize + 1);
    document.open().ok()?.take(IN_MEMORY + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > IN_MEMORY || matches!(reader_of(&bytes, &document.path), Reader::Child(_)) {
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
    /// Where the searched piece begins in it.
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
            // Whole lines of a `str`, so they begin and end between characters.
            if let Some(line) = self.text.get(begin..begin + found.bytes().len()) {
                self.hits.push((begin, line));
            }
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
