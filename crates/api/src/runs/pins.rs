//! Pins: the text around a run's citations, kept because a source may change or disappear.

use crate::{
    library::lines::{MAX_LINES, bounded, cut, line_head, marks},
    plumb::Plumb,
    types::*,
};
use plumb_corpus::{FrozenText, OpenCorpus, Place};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    ids::RunId,
    record::{
        event::{Citation, QuoteCheck},
        totals::Totals,
    },
    traits::{corpus::Text, journal::Journal},
};
use plumb_store::Pin;
use serde::{Deserialize, Serialize};

/// Maximum size of a pin, in bytes. Documents up to this size are pinned whole.
const MAX_PIN_BYTES: usize = 1 << 20;
/// Lines kept before and after a citation in a larger document.
const CONTEXT_LINES: u64 = 1_000;

impl Plumb {
    /// Pins the text around a run's citations.
    pub(crate) async fn pin_sources(&self, run_id: &RunId, corpus: &OpenCorpus, journal: &dyn Journal) -> Result<(), Fault> {
        let events = self.inner.store.events(run_id).await?;
        for citation in Totals::of(&events).citations.iter().filter(|citation| is_found(citation)) {
            // Plumb cannot pin a document that it can no longer read.
            let Ok(text) = corpus.frozen(&citation.path).await else { continue };
            let (first, kept, cut) = around(&text, citation);
            let last = first + kept.matches('\n').count() as u64;
            let about =
                PinnedAbout { kind: text.about().kind.id().to_owned(), places: within(&text.about().places, first, last), cut };
            let pin = Pin {
                path: citation.path.clone(),
                first_line: first,
                total_lines: text.line_count(),
                digest: text.digest().to_owned(),
                blob: journal.put_blob(&kept).await?,
                places: serde_json::to_string(&about).map_err(|e| {
                    fault!(Code::Crashed, "Plumb could not keep the text of {path}: {reason}.", path = &citation.path, reason = e)
                })?,
            };
            self.inner.store.put_pin(run_id, &pin).await?;
        }
        Ok(())
    }

    /// The pin of a document that holds this line, else any pin of the document.
    pub(crate) async fn pin(&self, run: &RunId, path: &str, line: u64) -> Result<Option<Pin>, Fault> {
        let run = self.inner.store.resolve_run(&run.0).await?;
        let mut pins = self.inner.store.pins(&run).await?;
        pins.retain(|pin| pin.path == path);
        let before = pins.iter().rposition(|pin| pin.first_line <= line).unwrap_or(0);
        Ok(pins.into_iter().nth(before))
    }

    /// Lines of a pin.
    pub(crate) async fn pinned_lines(&self, request: &ReadLines, pin: &Pin) -> Result<Lines, Fault> {
        let text = self.inner.store.blob(&pin.blob).await?;
        let all: Vec<&str> = text.split('\n').collect();
        let first = request.start_line.clamp(pin.first_line, pin.first_line + all.len() as u64 - 1);
        let PinnedAbout { kind, places, cut: cut_then } = serde_json::from_str(&pin.places).unwrap_or_default();
        let wanted = all.iter().skip((first - pin.first_line) as usize).take(request.max_lines.min(MAX_LINES) as usize);
        let (lines, mut cut) = bounded(wanted.copied(), first);
        let shown = first..first + lines.len() as u64;
        for then in cut_then.into_iter().filter(|then| shown.contains(&then.line)) {
            match cut.iter_mut().find(|cut| cut.line == then.line) {
                Some(cut) => cut.missing += then.missing,
                None => cut.push(then),
            }
        }
        Ok(Lines {
            path: pin.path.clone(),
            start_line: first,
            total_lines: pin.total_lines,
            lines,
            cut,
            digest: pin.digest.clone(),
            places: marks(&places),
            kind,
            notes: Vec::new(),
            kept: Some(KeptLines { first: pin.first_line, last: pin.first_line + all.len() as u64 - 1 }),
        })
    }
}

/// Whether the cited place exists.
pub(crate) fn is_found(citation: &Citation) -> bool {
    citation.verified != QuoteCheck::NotFound && !citation.digest.is_empty()
}

/// Facts kept beside a pin's lines. Older versions kept a list of the first two fields; it reads as well.
#[derive(Default, Serialize, Deserialize)]
struct PinnedAbout {
    kind: String,
    places: Vec<Place>,
    #[serde(default)]
    cut: Vec<CutLine>,
}

/// The part of a text to keep for a citation: its first line's number, its text, and its cut lines.
fn around(text: &FrozenText, citation: &Citation) -> (u64, String, Vec<CutLine>) {
    if text.as_str().len() <= MAX_PIN_BYTES {
        return (1, text.as_str().to_owned(), Vec::new());
    }
    let cited = citation.start_line.max(1);
    let earliest = cited.saturating_sub(CONTEXT_LINES).max(1);
    // Half of the room is for the text before the citation, so that the citation always fits.
    let mut room = MAX_PIN_BYTES / 2;
    let before = text.lines(earliest, (cited - earliest) as usize);
    let before = before.iter().rev().take_while(|line| take(&mut room, line_head(line))).count() as u64;
    let first = cited - before;
    let most = before + citation.end_line.saturating_sub(cited) + 1 + CONTEXT_LINES;
    let lines = text.lines(first, usize::try_from(most).unwrap_or(usize::MAX));
    let mut room = MAX_PIN_BYTES;
    let kept = lines.iter().map(|line| line_head(line)).take_while(|part| take(&mut room, part));
    let kept: Vec<&str> = kept.collect();
    let cut = (first..).zip(lines.iter().zip(&kept)).filter_map(|(number, (line, part))| cut(line, part, number)).collect();
    (first, kept.join("\n"), cut)
}

/// Takes a line's room; false if there is not enough.
fn take(room: &mut usize, line: &str) -> bool {
    let left = room.checked_sub(line.len() + 1);
    *room = left.unwrap_or(0);
    left.is_some()
}

/// Places of the lines from `first` to `last`. The first place is the one that holds `first`.
fn within(places: &[Place], first: u64, last: u64) -> Vec<Place> {
    let after = places.partition_point(|place| place.line <= first);
    let start = after.saturating_sub(1);
    places[start..].iter().take_while(|place| place.line <= last).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_corpus::{Extraction, Extractor};
    use plumb_rlm::documents::Include;
    use std::sync::Arc;

    /// Pins a text for a citation of one line: the first kept line, the lines, the cut ones.
    async fn kept(text: &str, line: u64) -> (u64, Vec<String>, Vec<CutLine>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, text).unwrap();
        let extraction = Extraction::new(Arc::new(Extractor::new()), folder.path());
        let corpus = OpenCorpus::open(&[path], Include::default(), &extraction).unwrap();
        let text = corpus.frozen("a.txt").await.unwrap();
        let citation = Citation {
            path: "a.txt".to_owned(),
            place: format!("line {line}"),
            start_line: line,
            end_line: line,
            quote: String::new(),
            verified: QuoteCheck::PlaceFound,
            digest: text.digest().to_owned(),
            notes: Vec::new(),
        };
        let (first, kept, cut) = around(&text, &citation);
        (first, kept.split('\n').map(str::to_owned).collect(), cut)
    }

    #[tokio::test]
    async fn a_cited_line_of_megabytes_is_kept_as_far_as_shown() {
        let (first, lines, cut) = kept(&format!("before\n{}\nafter", "x".repeat(3 << 20)), 2).await;
        assert_eq!((first, lines.len()), (1, 3));
        assert_eq!((lines[0].as_str(), lines[2].as_str()), ("before", "after"));
        assert_eq!(cut, [CutLine { line: 2, missing: (3 << 20) - lines[1].len() as u64 }]);
    }

    #[tokio::test]
    async fn a_citation_is_kept_however_much_text_precedes_it() {
        let text: String = (1..=2_000).map(|line| format!("{line} {}\n", "y".repeat(5_000))).collect();
        let (first, lines, cut) = kept(&text, 1_500).await;
        assert!(lines[(1_500 - first) as usize].starts_with("1500 y"));
        let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
        assert!(bytes <= MAX_PIN_BYTES + 1 && cut.is_empty(), "{bytes}");
    }

    #[test]
    fn pins_of_versions_without_cut_lines_still_read() {
        let about: PinnedAbout = serde_json::from_str(r#"["pdf", [{"line": 1, "name": "page 1"}]]"#).unwrap();
        assert_eq!((about.kind.as_str(), about.places.len(), about.cut.len()), ("pdf", 1, 0));
    }
}
