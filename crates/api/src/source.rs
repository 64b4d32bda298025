//! The source view: a document's lines and pages, as they are now or as a run saw them.

use crate::{plumb::Plumb, types::*};
use base64::{Engine, engine::general_purpose::STANDARD};
use plumb_corpus::{FrozenText, OpenCorpus, Place};
use plumb_rlm::{
    corpus::{Corpus, Text},
    event::{Citation, QuoteCheck, RunId},
    fold::Totals,
    journal::Journal,
};
use plumb_store::Pin;
use std::collections::BTreeMap;

/// The most lines shown at once.
const MOST_LINES: u64 = 5_000;
/// The widest image of a page, in pixels.
const WIDEST: u32 = 4_000;
/// A document up to this size, in bytes, is pinned as a whole.
const PINNED_WHOLE: usize = 1 << 20;
/// Of a larger one, so many lines before and after what is cited, and no more bytes than above.
const PINNED_LINES: u64 = 1_000;

impl Plumb {
    /// Lines of a document, as it is now or as a run saw it.
    ///
    /// # Errors
    /// As the corpus has it: `no_such_path`, `no_text`, `unreadable`.
    pub async fn read_lines(&self, request: ReadLines) -> Result<Lines, ApiError> {
        let now = async {
            let corpus = self.library_corpus(&request.library).await?;
            Ok::<_, ApiError>(corpus.frozen(&request.path).await?)
        };
        let now = now.await;
        if let Some(run) = &request.run
            && let Some(pin) = self.pin(run, &request.path, request.start_line).await?
            && now.as_ref().ok().is_none_or(|text| text.digest() != pin.digest)
        {
            return self.pinned_lines(&request, &pin).await;
        }
        let text = now?;
        let (first, most) = (request.start_line.max(1), request.max_lines.min(MOST_LINES));
        let path = request.path;
        // Counting the lines of a large text takes a while, once.
        let read = move || Lines {
            path,
            start_line: first,
            total_lines: text.line_count(),
            lines: text.lines(first, most as usize).into_iter().map(|line| line.trim_end_matches('\r').to_owned()).collect(),
            digest: text.digest().to_owned(),
            places: marks(&text.about().places),
            kind: text.about().kind.id().to_owned(),
            notes: text.notes(),
            kept: None,
        };
        tokio::task::spawn_blocking(read).await.map_err(|e| ApiError::new("unreadable", e.to_string()))
    }

    /// A page of a PDF as an image, with the boxes of its words.
    ///
    /// # Errors
    /// As the corpus has it: `no_such_path`, `unreadable`.
    pub async fn read_page(&self, request: ReadPage) -> Result<PageImage, ApiError> {
        let corpus = self.library_corpus(&request.library).await?;
        let index = request.page.max(1) - 1;
        let drawn = corpus.draw(&request.path, index, request.width.clamp(100, WIDEST)).await?;
        let text = corpus.frozen(&request.path).await;
        let begins = text.ok().and_then(|text| Some(text.about().places.get(index as usize)?.line)).unwrap_or(1);
        let word =
            |word: plumb_corpus::WordBox| WordOnPage { line: begins + u64::from(word.line), text: word.text, area: word.area };
        Ok(PageImage {
            png: STANDARD.encode(&drawn.png),
            width: drawn.width,
            height: drawn.height,
            points: drawn.points,
            pages: drawn.pages,
            words: drawn.words.into_iter().map(word).collect(),
        })
    }

    /// Which of the documents that an answer cites have changed since.
    ///
    /// # Errors
    /// `no_such_run`, or what keeps its folders from being opened.
    pub async fn check_sources(&self, request: RunRef) -> Result<SourceChecks, ApiError> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        let events = self.inner.store.events(&run_id).await?;
        let Some((sources, options)) = events.iter().find_map(crate::runs::started) else {
            return Ok(SourceChecks { changed: Vec::new() });
        };
        let cited: BTreeMap<String, String> =
            found(&Totals::of(&events).citations).map(|c| (c.path.clone(), c.digest.clone())).collect();
        let mut changed = Vec::new();
        // The library's own corpus is current; one that was taken off the list is looked at anew. Without its folders, all of them are gone.
        let library = self.inner.store.libraries().await?.into_iter().find(|library| library.sources == sources);
        let corpus = match library.filter(|library| library.include == options.include) {
            Some(library) => self.library_corpus(&library.id.to_string()).await.ok(),
            None => self.corpus(&sources, options.include).ok(),
        };
        for (path, digest) in cited {
            let now = match &corpus {
                Some(corpus) => corpus.text(&path).await.ok(),
                None => None,
            };
            match now {
                None => changed.push(ChangedSource { path, gone: true }),
                Some(text) if text.digest() != digest => changed.push(ChangedSource { path, gone: false }),
                Some(_) => {}
            }
        }
        Ok(SourceChecks { changed })
    }

    /// Keeps the text around what a run cites: the source may change, or go away.
    pub(crate) async fn pin_sources(&self, run_id: &RunId, corpus: &OpenCorpus, journal: &dyn Journal) -> Result<(), ApiError> {
        let events = self.inner.store.events(run_id).await?;
        for citation in found(&Totals::of(&events).citations) {
            // What cannot be read any more was not cited.
            let Ok(text) = corpus.frozen(&citation.path).await else { continue };
            let (first, kept) = around(&text, citation);
            let last = first + kept.matches('\n').count() as u64;
            let places = within(&text.about().places, first, last);
            let pin = Pin {
                path: citation.path.clone(),
                first_line: first,
                total_lines: text.line_count(),
                digest: text.digest().to_owned(),
                blob: journal.put_blob(&kept).await?,
                places: serde_json::to_string(&(text.about().kind, places))
                    .map_err(|e| ApiError::new("unreadable", e.to_string()))?,
            };
            self.inner.store.put_pin(run_id, &pin).await?;
        }
        Ok(())
    }

    /// The pin of a document that holds this line, or else any.
    async fn pin(&self, run: &RunId, path: &str, line: u64) -> Result<Option<Pin>, ApiError> {
        let run = self.inner.store.resolve_run(&run.0).await?;
        let mut pins = self.inner.store.pins(&run).await?;
        pins.retain(|pin| pin.path == path);
        let before = pins.iter().rposition(|pin| pin.first_line <= line).unwrap_or(0);
        Ok(pins.into_iter().nth(before))
    }

    async fn pinned_lines(&self, request: &ReadLines, pin: &Pin) -> Result<Lines, ApiError> {
        let text = self.inner.store.blob(&pin.blob).await?;
        let all: Vec<&str> = text.split('\n').collect();
        let first = request.start_line.clamp(pin.first_line, pin.first_line + all.len() as u64 - 1);
        let (kind, places): (String, Vec<Place>) = serde_json::from_str(&pin.places).unwrap_or_default();
        Ok(Lines {
            path: pin.path.clone(),
            start_line: first,
            total_lines: pin.total_lines,
            lines: all
                .iter()
                .skip((first - pin.first_line) as usize)
                .take(request.max_lines.min(MOST_LINES) as usize)
                .map(|line| (*line).to_owned())
                .collect(),
            digest: pin.digest.clone(),
            places: marks(&places),
            kind,
            notes: Vec::new(),
            kept: Some(KeptLines { first: pin.first_line, last: pin.first_line + all.len() as u64 - 1 }),
        })
    }
}

/// Citations whose place is there.
fn found(citations: &[Citation]) -> impl Iterator<Item = &Citation> {
    citations.iter().filter(|citation| citation.verified != QuoteCheck::NotFound && !citation.digest.is_empty())
}

/// The part of a text that is kept for a citation, and its first line.
fn around(text: &FrozenText, citation: &Citation) -> (u64, String) {
    if text.as_str().len() <= PINNED_WHOLE {
        return (1, text.as_str().to_owned());
    }
    let first = citation.start_line.saturating_sub(PINNED_LINES).max(1);
    let lines = citation.end_line.saturating_sub(first) + 1 + PINNED_LINES;
    let mut kept = String::new();
    for line in text.lines(first, usize::try_from(lines).unwrap_or(usize::MAX)) {
        if kept.len() + line.len() > PINNED_WHOLE {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept.pop();
    (first, kept)
}

/// The places of these lines; the first one says where `first` lies.
fn within(places: &[Place], first: u64, last: u64) -> Vec<Place> {
    let after = places.partition_point(|place| place.line <= first);
    let start = after.saturating_sub(1);
    places[start..].iter().take_while(|place| place.line <= last).cloned().collect()
}

fn marks(places: &[Place]) -> Vec<PlaceMark> {
    places.iter().map(|place| PlaceMark { line: place.line, place: place.name.clone(), row: place.row }).collect()
}
