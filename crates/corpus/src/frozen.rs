//! Texts in the snapshot: written once, never changed.

use crate::snapshot::{Shape, Snapshot, write_error};
use plumb_extract::{Kind, Place};
use plumb_rlm::{
    fault::Fault,
    traits::corpus::{Placement, Text},
};
use std::{
    io,
    ops::Range,
    sync::{Arc, OnceLock},
};

/// A large text is gone through in pieces of about this size.
pub const PIECE: usize = 8 << 20;
/// A line is found by counting from the nearest of these, which lie this many lines apart.
const MARKS: u64 = 4_096;

/// What is known of a text beside its words.
#[derive(Clone, Debug)]
pub struct About {
    /// What the document is.
    pub kind: Kind,
    /// It was taken out of a document, and is not the file itself.
    pub extracted: bool,
    /// Where its lines lie in the original.
    pub places: Vec<Place>,
    /// What may read badly.
    pub doubts: Vec<String>,
    /// Pages that are only pictures, whose text was not read.
    pub scans: u32,
    /// The file changed between the listing and the first touch.
    pub changed: bool,
}

impl About {
    /// A plain text.
    pub fn plain(kind: Kind) -> Self {
        About { kind, extracted: false, places: Vec::new(), doubts: Vec::new(), scans: 0, changed: false }
    }
}

/// A document's text in the snapshot.
#[derive(Debug)]
pub struct FrozenText {
    snapshot: Arc<Snapshot>,
    offset: u64,
    length: usize,
    shape: Shape,
    digest: String,
    about: About,
    placement: OnceLock<Placement>,
    /// Where every [`MARKS`]th line begins, made when first asked for; and the number of lines.
    lines: OnceLock<(Vec<usize>, u64)>,
}

impl Text for FrozenText {
    fn as_str(&self) -> &str {
        // SAFETY: only whole `str`s were written there, in order, and nothing is ever written there again.
        unsafe { str::from_utf8_unchecked(self.snapshot.bytes(self.offset, self.length)) }
    }

    fn chars(&self) -> u64 {
        self.shape.chars
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn place(&self, line: u64) -> Option<String> {
        let after = self.about.places.partition_point(|place| place.line <= line);
        self.about.places.get(after.checked_sub(1)?).map(|place| place.of(line))
    }

    fn notes(&self) -> Vec<String> {
        let changed = self.about.changed.then(|| "the file changed after the question was asked".to_owned());
        self.about.doubts.iter().cloned().chain(changed).collect()
    }
}

impl FrozenText {
    /// What is known of it beside its words.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Of a large text, gives the memory of a part back that nobody looks at any more.
    pub fn let_go(&self, part: Range<usize>) {
        if self.length > 2 * PIECE {
            self.snapshot.let_go(self.offset + part.start as u64..self.offset + part.end as u64);
        }
    }

    /// How many lines it has. The first call reads it all.
    pub fn line_count(&self) -> u64 {
        self.line_starts().1
    }

    /// At most `most` lines from `first` (from 1) on, without their ends.
    pub fn lines(&self, first: u64, most: usize) -> Vec<&str> {
        let (marks, _) = self.line_starts();
        let before = first.saturating_sub(1);
        let Some(&mark) = usize::try_from(before / MARKS).ok().and_then(|index| marks.get(index)) else { return Vec::new() };
        let most = most.min(usize::try_from(self.line_count().saturating_sub(before)).unwrap_or(most));
        self.as_str()[mark..].split('\n').skip((before % MARKS) as usize).take(most).collect()
    }

    fn line_starts(&self) -> &(Vec<usize>, u64) {
        self.lines.get_or_init(|| {
            let text = self.as_str().as_bytes();
            let (mut marks, mut count) = (vec![0], 1);
            for (piece, start) in text.chunks(PIECE).zip((0..).step_by(PIECE)) {
                for end in memchr::memchr_iter(b'\n', piece) {
                    if count % MARKS == 0 {
                        marks.push(start + end + 1);
                    }
                    count += 1;
                }
                self.let_go(start..start + piece.len());
            }
            // What follows the last line's end is no line.
            (marks, if text.ends_with(b"\n") { count - 1 } else { count })
        })
    }

    /// Where a worker finds it, if it lies there already: ASCII in UTF-8 is what Python uses.
    pub fn placement(&self) -> Option<Placement> {
        let as_it_is = Placement { offset: self.offset, chars: self.shape.chars, kind: 1, ascii: true };
        if self.shape.is_ascii() { Some(as_it_is) } else { self.placement.get().copied() }
    }

    /// Where a worker finds it; laid down now if its UTF-8 bytes are not what Python uses.
    pub fn place_in_snapshot(&self) -> Result<Placement, Fault> {
        if let Some(placement) = self.placement() {
            return Ok(placement);
        }
        let placement = self.snapshot.place(self.as_str(), self.shape).map_err(|e| write_error(&e))?;
        Ok(*self.placement.get_or_init(|| placement))
    }
}

/// Lays a text down that is no document.
pub fn place_text(snapshot: &Snapshot, text: &str) -> Result<Placement, Fault> {
    let mut shape = Shape::default();
    shape.add(text);
    snapshot.place(text, shape).map_err(|e| write_error(&e))
}

/// A text on its way into reserved room.
pub struct Writer {
    snapshot: Arc<Snapshot>,
    offset: u64,
    length: usize,
    shape: Shape,
    digest: blake3::Hasher,
    whole: bool,
}

/// What was begun and not ended takes no room: where it did not fit, the disk would stay full.
impl Drop for Writer {
    fn drop(&mut self) {
        if !self.whole {
            self.snapshot.discard(self.offset, self.length as u64);
        }
    }
}

impl Writer {
    /// With room for this many bytes.
    pub fn new(snapshot: Arc<Snapshot>, room: u64) -> io::Result<Self> {
        let offset = snapshot.reserve(room)?;
        Ok(Writer { snapshot, offset, length: 0, shape: Shape::default(), digest: blake3::Hasher::new(), whole: false })
    }

    /// The next piece.
    pub fn push(&mut self, piece: &str) -> io::Result<()> {
        let offset = self.offset + self.length as u64;
        // Counted first: of a piece that does not fit, a part may be written.
        self.length += piece.len();
        self.snapshot.write(offset, piece.as_bytes())?;
        self.shape.add(piece);
        self.digest.update(piece.as_bytes());
        Ok(())
    }

    /// It is whole.
    pub fn end(mut self, about: About) -> io::Result<FrozenText> {
        self.snapshot.close(self.offset + self.length as u64)?;
        self.whole = true;
        Ok(FrozenText {
            snapshot: self.snapshot.clone(),
            offset: self.offset,
            length: self.length,
            shape: self.shape,
            digest: self.digest.finalize().to_hex().to_string(),
            about,
            placement: OnceLock::new(),
            lines: OnceLock::new(),
        })
    }
}

/// A whole text.
pub fn write(snapshot: &Arc<Snapshot>, text: &str, about: About) -> io::Result<FrozenText> {
    let mut writer = Writer::new(snapshot.clone(), text.len() as u64)?;
    writer.push(text)?;
    writer.end(about)
}
