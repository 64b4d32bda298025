//! Text in pictures, where the user agreed to have them read: images, and the pages of PDFs that are only pictures.

use crate::{
    document::{Content, Document},
    reading::{
        cache::Outcome,
        containers::{Originals, head_of},
        trouble::{Trouble, unreadable},
    },
};
use plumb_extract::{Failure, FailureState, Family, Kind, Parsed, Place, Reader, ocr::OcrLine, pages, reader_of};
use std::{
    fs::File,
    io::{Read as _, Seek},
};

/// Width of a drawn page, in pixels: about 240 to an inch of a usual page, which suits character recognition.
const PAGE_WIDTH_PIXELS: u32 = 2_000;
/// Size of the largest image that is read, in bytes.
const MAX_IMAGE_BYTES: u64 = 100 << 20;
/// Pages that are read of a PDF without text.
const MAX_PAGES: u32 = 100_000;
/// Confidence, from 0 to 1, below which a line is doubtful.
const MIN_CONFIDENCE: f32 = 0.6;

impl Originals {
    /// The text of an image, or of a PDF with pages that are only pictures: from the store, or read now.
    pub fn read_picture(&self, document: &Document) -> Result<Parsed, Trouble> {
        let file = self.file_of(document)?;
        let content = self.content_of(document, &file)?;
        self.kept(&key(&content), || {
            let outcome = match reader_of(&head_of(&file)?, "") {
                Reader::Child(Family::Pdf) => self.read_pages(document, &file, &content)?,
                _ => self.read_image(&file)?,
            };
            self.check_unchanged(document, &file, &content)?;
            Ok(outcome)
        })
    }

    fn read_image(&self, mut file: &File) -> Result<Outcome, Trouble> {
        let mut bytes = Vec::new();
        let read = file.rewind().and_then(|()| file.take(MAX_IMAGE_BYTES).read_to_end(&mut bytes));
        read.map_err(|e| unreadable(&e))?;
        Ok(self.extractor.ocr(&bytes).and_then(|lines| {
            let mut pages = Pages::new(Kind::Image);
            pages.add(&lines);
            if pages.lines == 0 {
                return Err(nothing_found());
            }
            let doubt = "read from a picture, so letters may be wrong".to_owned() + &pages.doubtful_lines();
            Ok(Parsed { doubts: vec![doubt], ..pages.parsed })
        }))
    }

    /// The text of a PDF together with that of its pages that are only pictures.
    fn read_pages(&self, document: &Document, file: &File, content: &Content) -> Result<Outcome, Trouble> {
        let mut opened = self.extractor.open(Family::Pdf, file)?;
        let parsed = match self.parsed(document, Family::Pdf, file, content) {
            Err(trouble) if trouble.may_be_picture() => only_pictures(opened.draw(0, 1)?.pages),
            parsed => parsed?,
        };
        let mut pages = Pages::new(Kind::Pdf);
        let (mut read, mut empty, mut unread, mut failure) = (Vec::new(), Vec::new(), Vec::new(), None);
        let lines: Vec<&str> = parsed.text.split_inclusive('\n').collect();
        let starts: Vec<usize> = parsed.places.iter().map(|place| place.line.saturating_sub(1) as usize).collect();
        let ends = starts.iter().copied().skip(1).chain([lines.len()]);
        for (number, (&start, end)) in (1..).zip(starts.iter().zip(ends)) {
            let own = lines.get(start..end).unwrap_or_default();
            pages.begin(number);
            if parsed.scans.binary_search(&number).is_err() {
                pages.keep(own);
                continue;
            }
            // A bad page must not hide the others.
            let found = opened.draw(number - 1, PAGE_WIDTH_PIXELS).and_then(|drawn| self.extractor.ocr(&drawn.png));
            let found = match found.map(|found| beside(own, found)) {
                // This failure says nothing about the page, and must not be kept.
                Err(failed) if failed.state == FailureState::Passing => return Err(failed.into()),
                Err(failed) => {
                    failure = Some(failed);
                    unread.push(number);
                    Vec::new()
                }
                Ok(found) => {
                    if found.is_empty() { &mut empty } else { &mut read }.push(number);
                    found
                }
            };
            if found.is_empty() || own.iter().any(|line| !line.trim().is_empty()) {
                pages.keep(own);
            }
            pages.add(&found);
        }
        if pages.parsed.text.trim().is_empty() {
            return Ok(Err(failure.unwrap_or_else(nothing_found)));
        }
        let all = starts.len();
        let from_pictures =
            ("was read from a picture, so letters may be wrong", "were read from pictures, so letters may be wrong");
        let no_text = ("is only a picture, in which no text was found", "are only pictures, in which no text was found");
        let doubts = [
            pages::doubt(&read, all, from_pictures.0, from_pictures.1).map(|doubt| doubt + &pages.doubtful_lines()),
            pages::doubt(&empty, all, no_text.0, no_text.1),
            pages::scans(&unread, all),
        ];
        let before = pages::scans(&parsed.scans, all);
        let others = parsed.doubts.into_iter().filter(|doubt| Some(doubt) != before.as_ref());
        let doubts = others.chain(doubts.into_iter().flatten()).collect();
        Ok(Ok(Parsed { doubts, scans: unread, ..pages.parsed }))
    }
}

/// A PDF without a page that has text.
fn only_pictures(pages: u32) -> Parsed {
    let numbers = 1..=pages.min(MAX_PAGES);
    let places = numbers.clone().map(|number| Place::new(number.into(), format!("page {number}"))).collect();
    let text = numbers.clone().map(|_| '\n').collect();
    Parsed { places, scans: numbers.collect(), ..Parsed::new(Kind::Pdf, text) }
}

fn nothing_found() -> Failure {
    Failure::no_text("no text was found in the picture")
}

/// The store's key for a document whose pictures were read. It keeps them apart from texts that were read without pictures.
fn key(content: &Content) -> Content {
    let mut key = blake3::Hasher::new();
    // The installed languages decide which text is recognised.
    key.update(b"picture").update(plumb_extract::ocr::languages().join("+").as_bytes()).update(content);
    *key.finalize().as_bytes()
}

/// Drops the lines of a picture that its page also has as text, such as the page number.
fn beside(own: &[&str], mut found: Vec<OcrLine>) -> Vec<OcrLine> {
    found.retain(|line| !own.iter().any(|own| own.trim() == line.text));
    found
}

/// Joins pages into one text.
struct Pages {
    parsed: Parsed,
    /// The next line, from 1.
    line: u64,
    /// Lines that were read from pictures.
    lines: usize,
    /// Those below [`MIN_CONFIDENCE`].
    doubtful: usize,
}

impl Pages {
    fn new(kind: Kind) -> Self {
        Pages { parsed: Parsed::new(kind, String::new()), line: 1, lines: 0, doubtful: 0 }
    }

    /// Begins the next page, from 1.
    fn begin(&mut self, number: u32) {
        self.parsed.places.push(Place::new(self.line, format!("page {number}")));
    }

    /// Adds lines that are text.
    fn keep(&mut self, lines: &[&str]) {
        self.parsed.text.extend(lines.iter().copied());
        self.line += lines.len() as u64;
    }

    /// Adds lines that were read from a picture.
    fn add(&mut self, lines: &[OcrLine]) {
        for (index, line) in lines.iter().enumerate() {
            if line.begins && index > 0 {
                self.parsed.text.push('\n');
                self.line += 1;
            }
            self.parsed.text.push_str(&line.text);
            self.parsed.text.push('\n');
            self.line += 1;
            self.lines += 1;
            self.doubtful += usize::from(line.sure < MIN_CONFIDENCE);
        }
    }

    fn doubtful_lines(&self) -> String {
        match self.doubtful {
            0 => String::new(),
            doubtful => format!("; {doubtful} of {} lines are doubtful", self.lines),
        }
    }
}
