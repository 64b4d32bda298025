//! Texts in the snapshot: written once, never changed.

use crate::{
    facts::About,
    snapshot::file::{Shape, Snapshot, write_fault},
};
use parking_lot::Mutex;
use plumb_rlm::{
    fault::Fault,
    traits::corpus::{Placement, Text},
};
use std::{
    io,
    ops::Range,
    sync::{Arc, OnceLock},
};

/// Bytes of the pieces in which a large text is scanned.
pub const PIECE_BYTES: usize = 8 << 20;
/// Lines between two marks. A line is found by counting from the mark before it.
const LINES_PER_MARK: u64 = 4_096;

/// A document's text in the snapshot.
#[derive(Debug)]
pub struct FrozenText {
    snapshot: Arc<Snapshot>,
    offset: u64,
    length: usize,
    shape: Shape,
    digest: String,
    about: About,
    /// Its place in the form that Python uses, once it was written.
    placement: Mutex<Option<Placement>>,
    /// Where every [`LINES_PER_MARK`]th line begins, and the number of lines; made when first asked for.
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
        let changed = self.about.changed.then(|| "the file changed after it was listed".to_owned());
        self.about.doubts.iter().cloned().chain(changed).collect()
    }
}

impl FrozenText {
    /// Facts about it beside its words.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Gives the memory of a part of a large text back. It is read from the file again when needed.
    pub fn release(&self, part: Range<usize>) {
        if self.length > 2 * PIECE_BYTES {
            self.snapshot.release(self.offset + part.start as u64..self.offset + part.end as u64);
        }
    }

    /// Number of lines. The first call reads the whole text.
    pub fn line_count(&self) -> u64 {
        self.line_starts().1
    }

    /// At most `limit` lines, without their ends, from line `first` (from 1) on.
    pub fn lines(&self, first: u64, limit: usize) -> Vec<&str> {
        let (marks, _) = self.line_starts();
        let before = first.saturating_sub(1);
        let Some(&mark) = usize::try_from(before / LINES_PER_MARK).ok().and_then(|index| marks.get(index)) else {
            return Vec::new();
        };
        let limit = limit.min(usize::try_from(self.line_count().saturating_sub(before)).unwrap_or(limit));
        self.as_str()[mark..].split('\n').skip((before % LINES_PER_MARK) as usize).take(limit).collect()
    }

    fn line_starts(&self) -> &(Vec<usize>, u64) {
        self.lines.get_or_init(|| {
            let text = self.as_str().as_bytes();
            let (mut marks, mut count) = (vec![0], 1);
            for (piece, start) in text.chunks(PIECE_BYTES).zip((0..).step_by(PIECE_BYTES)) {
                for end in memchr::memchr_iter(b'\n', piece) {
                    if count % LINES_PER_MARK == 0 {
                        marks.push(start + end + 1);
                    }
                    count += 1;
                }
                self.release(start..start + piece.len());
            }
            // The last line's end begins no other line.
            (marks, if text.ends_with(b"\n") { count - 1 } else { count })
        })
    }

    /// Where a worker finds it, if it lies there already: Python uses ASCII as it is.
    pub fn placement(&self) -> Option<Placement> {
        if self.shape.is_ascii() {
            return Some(Placement { offset: self.offset, chars: self.shape.chars, kind: 1, ascii: true });
        }
        *self.placement.lock()
    }

    /// Where a worker finds it. The first call writes it in the form that Python uses, where that is not UTF-8.
    ///
    /// # Errors
    /// `disk_full`, `unreadable`.
    pub fn place_in_snapshot(&self) -> Result<Placement, Fault> {
        if let Some(placement) = self.placement() {
            return Ok(placement);
        }
        // Held while it is written, so that it is written once.
        let mut placement = self.placement.lock();
        match *placement {
            Some(placement) => Ok(placement),
            None => {
                let placed = self.snapshot.place(self.as_str(), self.shape).map_err(|e| write_fault(&e))?;
                Ok(*placement.insert(placed))
            }
        }
    }
}

/// Writes a text into the snapshot that is no document's.
///
/// # Errors
/// `disk_full`, `unreadable`.
pub fn place_text(snapshot: &Snapshot, text: &str) -> Result<Placement, Fault> {
    let mut shape = Shape::default();
    shape.add(text);
    snapshot.place(text, shape).map_err(|e| write_fault(&e))
}

/// Writes a text into reserved room, piece by piece.
pub struct Writer {
    snapshot: Arc<Snapshot>,
    offset: u64,
    length: usize,
    shape: Shape,
    digest: blake3::Hasher,
    is_whole: bool,
}

/// A text that was begun and not ended takes no room: where it did not fit, the disk would stay full.
impl Drop for Writer {
    fn drop(&mut self) {
        if !self.is_whole {
            self.snapshot.discard(self.offset, self.length as u64);
        }
    }
}

impl Writer {
    /// Reserves room for this many bytes.
    pub fn new(snapshot: Arc<Snapshot>, room: u64) -> io::Result<Self> {
        let offset = snapshot.reserve(room)?;
        Ok(Writer { snapshot, offset, length: 0, shape: Shape::default(), digest: blake3::Hasher::new(), is_whole: false })
    }

    /// Writes the next piece.
    pub fn push(&mut self, piece: &str) -> io::Result<()> {
        let offset = self.offset + self.length as u64;
        // Counted first: a part of a piece that does not fit may be written.
        self.length += piece.len();
        self.snapshot.write(offset, piece.as_bytes())?;
        self.shape.add(piece);
        self.digest.update(piece.as_bytes());
        Ok(())
    }

    /// Ends the text.
    pub fn end(mut self, about: About) -> io::Result<FrozenText> {
        self.snapshot.close(self.offset + self.length as u64)?;
        self.is_whole = true;
        Ok(FrozenText {
            snapshot: self.snapshot.clone(),
            offset: self.offset,
            length: self.length,
            shape: self.shape,
            digest: self.digest.finalize().to_hex().to_string(),
            about,
            placement: Mutex::default(),
            lines: OnceLock::new(),
        })
    }
}

/// Writes a whole text.
pub fn write(snapshot: &Arc<Snapshot>, text: &str, about: About) -> io::Result<FrozenText> {
    let mut writer = Writer::new(snapshot.clone(), text.len() as u64)?;
    writer.push(text)?;
    writer.end(about)
}
