//! Text in pictures, where the user agreed to have them read: images, and the pages of PDFs that hold nothing but images.

use crate::{
    cache::Content,
    reading::{Reading, Trouble},
};
use plumb_extract::{Failure, Family, HEAD, Kind, Parsed, Place, Reader, reader_of};
use std::{
    fs::File,
    io::{Read as _, Seek},
    os::unix::fs::FileExt,
};

/// Pages are drawn so wide, in pixels: about 240 to an inch of a usual page, which is what the reader wants.
const WIDTH: u32 = 2_000;
/// The largest image, in bytes.
const LARGEST: u64 = 100 << 20;
/// A line whose words are less sure than this, from 0 to 1, is doubtful.
const SURE: f32 = 0.6;

impl Reading {
    /// The text in a picture: from the store, or read now. `file` is an image or a PDF whose pages are images.
    pub fn read_picture(&self, file: &File, content: &Content) -> Result<Parsed, Trouble> {
        let mut name = blake3::Hasher::new();
        // What is installed decides what is read.
        name.update(b"picture").update(plumb_extract::ocr::languages().join("+").as_bytes()).update(content);
        let name = *name.finalize().as_bytes();
        if let Some(parsed) = self.cache.get(&name) {
            return Ok(parsed);
        }
        let mut head = vec![0; HEAD];
        let read = file.read_at(&mut head, 0).map_err(|e| Failure::failed(format!("it cannot be read: {e}")))?;
        let parsed = match reader_of(&head[..read], "") {
            Reader::Child(Family::Pdf) => self.read_pages(file)?,
            _ => self.read_image(file)?,
        };
        self.cache.put(&name, &parsed);
        Ok(parsed)
    }

    fn read_image(&self, mut file: &File) -> Result<Parsed, Failure> {
        let mut bytes = Vec::new();
        let read = file.rewind().and_then(|()| file.take(LARGEST).read_to_end(&mut bytes));
        read.map_err(|e| Failure::failed(format!("it cannot be read: {e}")))?;
        let mut pages = Pages::new(Kind::Image);
        pages.add(&self.extractor.ocr(&bytes)?);
        pages.end()
    }

    fn read_pages(&self, file: &File) -> Result<Parsed, Failure> {
        let mut opened = self.extractor.open(Family::Pdf, file)?;
        let mut pages = Pages::new(Kind::Pdf);
        let mut page = 0;
        loop {
            let drawn = opened.draw(page, WIDTH)?;
            pages.parsed.places.push(Place::new(pages.line, format!("page {}", page + 1)));
            pages.add(&self.extractor.ocr(&drawn.png)?);
            page += 1;
            if page >= drawn.pages {
                return pages.end();
            }
        }
    }
}

/// Pages on their way into one text.
struct Pages {
    parsed: Parsed,
    /// The next line, from 1.
    line: u64,
    lines: usize,
    doubtful: usize,
}

impl Pages {
    fn new(kind: Kind) -> Self {
        Pages { parsed: Parsed::new(kind, String::new()), line: 1, lines: 0, doubtful: 0 }
    }

    fn add(&mut self, lines: &[plumb_extract::ocr::OcrLine]) {
        for (index, line) in lines.iter().enumerate() {
            if line.begins && index > 0 {
                self.parsed.text.push('\n');
                self.line += 1;
            }
            self.parsed.text.push_str(&line.text);
            self.parsed.text.push('\n');
            self.line += 1;
            self.lines += 1;
            self.doubtful += usize::from(line.sure < SURE);
        }
    }

    fn end(mut self) -> Result<Parsed, Failure> {
        if self.lines == 0 {
            return Err(Failure::no_text("no text was found in the picture"));
        }
        let mut doubt = "read from a picture, so letters may be wrong".to_owned();
        if self.doubtful > 0 {
            doubt.push_str(&format!("; {} of {} lines are doubtful", self.doubtful, self.lines));
        }
        self.parsed.doubts.push(doubt);
        Ok(self.parsed)
    }
}
