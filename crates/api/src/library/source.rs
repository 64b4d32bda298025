//! The source view: a document's lines and pages, current or as a run saw them.

use crate::{
    library::lines::{MAX_LINES, bounded, marks},
    plumb::{Plumb, panicked},
    runs::pins::is_found,
    types::*,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use plumb_rlm::{
    fault::Fault,
    record::totals::Totals,
    traits::corpus::{Corpus, Text},
};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// Width of a page's image, in pixels.
const PAGE_WIDTH_PX: RangeInclusive<u32> = 100..=4_000;

impl Plumb {
    /// Lines of a document, current or as a run saw them.
    ///
    /// # Errors
    /// Those of the corpus: `no_such_path`, `no_text`, `unreadable`.
    pub async fn read_lines(&self, request: ReadLines) -> Result<Lines, Fault> {
        let now = async {
            let corpus = self.library_corpus(&request.library).await?;
            corpus.frozen(&request.path).await
        };
        let now = now.await;
        if let Some(run) = &request.run
            && let Some(pin) = self.pin(run, &request.path, request.start_line).await?
            && now.as_ref().ok().is_none_or(|text| text.digest() != pin.digest)
        {
            return self.pinned_lines(&request, &pin).await;
        }
        let text = now?;
        let (first, most) = (request.start_line.max(1), request.max_lines.min(MAX_LINES));
        let path = request.path;
        // The first count of a large text's lines would block the runtime.
        let read = move || {
            let (lines, cut) = bounded(text.lines(first, most as usize), first);
            Lines {
                path,
                start_line: first,
                total_lines: text.line_count(),
                lines,
                cut,
                digest: text.digest().to_owned(),
                places: marks(&text.about().places),
                kind: text.about().kind.id().to_owned(),
                notes: text.notes(),
                kept: None,
            }
        };
        tokio::task::spawn_blocking(read).await.map_err(panicked)
    }

    /// A page of a PDF as an image, with the boxes of its words.
    ///
    /// # Errors
    /// Those of the corpus: `no_such_path`, `unreadable`.
    pub async fn read_page(&self, request: ReadPage) -> Result<PageImage, Fault> {
        let corpus = self.library_corpus(&request.library).await?;
        let index = request.page.max(1) - 1;
        let drawn = corpus.draw(&request.path, index, request.width.clamp(*PAGE_WIDTH_PX.start(), *PAGE_WIDTH_PX.end())).await?;
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

    /// Documents cited by an answer that have changed since.
    ///
    /// # Errors
    /// `no_such_run`, or when the store cannot be read.
    pub async fn check_sources(&self, request: RunRef) -> Result<SourceChecks, Fault> {
        let run_id = self.inner.store.resolve_run(&request.run).await?;
        let events = self.inner.store.events(&run_id).await?;
        let Some((sources, options)) = events.iter().find_map(crate::runs::history::started) else {
            return Ok(SourceChecks { changed: Vec::new() });
        };
        let cited: BTreeMap<String, String> = Totals::of(&events)
            .citations
            .iter()
            .filter(|citation| is_found(citation))
            .map(|c| (c.path.clone(), c.digest.clone()))
            .collect();
        let mut changed = Vec::new();
        // An open library's listing is current. A removed library is opened anew; if its folders are gone, so are all its documents.
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
}
