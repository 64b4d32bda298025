//! Children that stay open: they are asked for one document after the other that lies in theirs, and for one page after the other.

use crate::{
    cache::{Content, content_of_member},
    document::Document,
    reading::Reading,
    source::{Container, Origin},
    trouble::{Trouble, unreadable},
};
use plumb_extract::{Drawn, Failure, Family, Opened, Parsed};
use plumb_rlm::fault::{Code, Fault};
use std::{fs::File, io::Seek, sync::PoisonError};

/// Documents that hold others stay open for the next of their members; so many at a time.
const OPEN: usize = 4;

impl Reading {
    /// The text of a document inside of another one. `None`: it is too large to be unpacked in memory.
    pub fn read_member(&self, of: &Document, index: usize, name: &str) -> Result<Option<Parsed>, Trouble> {
        let container = container(of)?;
        let content = content_of_member(&container.content, index);
        if let Some(outcome) = self.cache.get(&content) {
            return Ok(Some(outcome?));
        }
        let read = self.in_container(of, container, |opened| opened.read_member(index, name))?;
        let Some(outcome) = read.transpose() else { return Ok(None) };
        self.cache.put(&content, &outcome);
        Ok(Some(outcome?))
    }

    /// The bytes of a document inside of another one, as a file without a name.
    pub fn unpack(&self, of: &Document, index: usize) -> Result<File, Trouble> {
        let container = container(of)?;
        let mut file = tempfile::tempfile_in(&self.scratch)?;
        self.in_container(of, container, |opened| opened.member(index, &mut file))??;
        file.rewind()?;
        Ok(file)
    }

    /// A page as an image.
    pub fn draw(&self, document: &Document, page: u32, width: u32) -> Result<Drawn, Fault> {
        let drawn = self.opened_to_draw(document).and_then(|(content, mut opened)| {
            let drawn = opened.draw(page, width)?;
            // The next page is drawn at once.
            self.keep_open(content, opened);
            Ok(drawn)
        });
        drawn.map_err(|trouble| match trouble {
            Trouble::Snapshot(error) => error,
            Trouble::Document { reason, .. } => {
                let message = format!("Page {} of \"{}\" cannot be shown: {reason}.", page + 1, document.path);
                Fault::new(Code::Unreadable, message)
            }
        })
    }

    /// A member is unpacked only where it is not open already.
    fn opened_to_draw(&self, document: &Document) -> Result<(Content, Opened), Trouble> {
        let (content, file) = match &document.origin {
            Origin::File { .. } => {
                let file = self.file_of(document)?;
                (self.content_of(document, &file)?, Some(file))
            }
            Origin::Member { of, index } => (content_of_member(&container(of)?.content, *index), None),
        };
        let opened = match self.take_open(&content) {
            Some(opened) => opened,
            None => self.extractor.open(Family::Pdf, &file.map_or_else(|| self.file_of(document), Ok)?)?,
        };
        Ok((content, opened))
    }

    fn take_open(&self, content: &Content) -> Option<Opened> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().position(|(known, _)| known == content).map(|at| open.remove(at).1)
    }

    /// Asks the child in which a document is opened. The outer error is that it cannot be asked, the inner one its answer.
    fn in_container<T>(
        &self,
        of: &Document,
        container: Container,
        ask: impl FnOnce(&mut Opened) -> Result<T, Failure>,
    ) -> Result<Result<T, Failure>, Trouble> {
        let mut opened = match self.take_open(&container.content) {
            Some(opened) => opened,
            None => {
                let file = self.file_of(of)?;
                if of.origin.file().is_some() && self.cache.content_of(&file).map_err(|e| unreadable(&e))? != container.content {
                    return Err(Trouble::passing(format!("\"{}\" changed after it was listed; ask again", of.path)));
                }
                self.extractor.open(container.family, &file)?
            }
        };
        // One that failed is not kept: it may have died of it.
        let answer = ask(&mut opened);
        if answer.is_ok() {
            self.keep_open(container.content, opened);
        }
        Ok(answer)
    }

    /// Keeps a child for the next question about this document.
    pub fn keep_open(&self, content: Content, opened: Opened) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN {
            open.remove(0);
        }
        open.push((content, opened));
    }
}

/// How it is opened.
pub fn container(of: &Document) -> Result<Container, Trouble> {
    of.container.get().map(|container| **container).ok_or_else(|| Trouble::passing(format!("\"{}\" was not opened", of.path)))
}
