//! TAR archives, read as folders.

mod walk;

use super::archive::{
    names::{self, Names},
    unpack::{self, MAX_MEMBERS, MORE_MEMBERS},
};
use crate::{Container, Outcome};
use plumb_extract::{Failure, Kind, Member, Parsed};
use std::{borrow::Cow, io::Write};
use walk::{Entry, Walk};
pub use walk::{Source, starts_tar};

/// Lists the files; a TAR has no text of its own.
pub fn text(bytes: &[u8]) -> Outcome {
    list(bytes)
}

/// Opens the archive to read its files.
pub fn open(bytes: &[u8]) -> Result<Box<dyn Container + '_>, Failure> {
    Ok(Box::new(Tarball::new(move || bytes)))
}

/// Lists the files of a TAR, which is read once from end to end without keeping its contents.
pub fn list(source: impl Source) -> Outcome {
    let mut walk = Walk::new(source);
    let mut parsed = Parsed::new(Kind::Tar, String::new());
    let (mut raw, mut sizes): (Vec<Cow<'_, [u8]>>, _) = (Vec::new(), Vec::new());
    let (mut links, mut sparse) = (0, 0);
    loop {
        match walk.next() {
            Ok(Some(Entry::File { name, .. })) if names::is_clutter(&String::from_utf8_lossy(&name)) => {}
            Ok(Some(Entry::File { name, size })) => {
                if raw.len() == MAX_MEMBERS {
                    parsed.doubts.push(MORE_MEMBERS.to_owned());
                    break;
                }
                raw.push(name.into());
                sizes.push(size);
            }
            Ok(Some(Entry::Link)) => links += 1,
            Ok(Some(Entry::Sparse)) => sparse += 1,
            Ok(Some(Entry::Other)) => {}
            Ok(None) => break,
            Err(e) if raw.is_empty() => return Err(unpack::failure(&e)),
            Err(e) => {
                parsed.doubts.push(format!("{}: files after the first {} are missing", unpack::failure(&e).reason, raw.len()));
                break;
            }
        }
    }
    for (count, one, many) in [(links, "link to another file", "links to other files"), (sparse, "sparse file", "sparse files")] {
        if count > 0 {
            parsed.doubts.push(unpack::left_out(count, one, many));
        }
    }
    let mut names = Names::default();
    let lossy = |n: usize| String::from_utf8_lossy(&raw[n]).into_owned();
    for (n, (name, size)) in names::decoded(&raw, false).into_iter().zip(sizes).enumerate() {
        let path = names.unique(&name.unwrap_or_else(|| lossy(n)));
        parsed.members.push(Member { path, bytes: size, refused: None });
    }
    if parsed.members.is_empty() && parsed.doubts.is_empty() { Err(Failure::no_text("an empty archive")) } else { Ok(parsed) }
}

/// A TAR that is read only once if its files are requested in order. `open` returns to its beginning.
pub struct Tarball<F, S> {
    open: F,
    walk: Option<Walk<S>>,
    /// The index of the next file that `walk` will come to.
    next: usize,
}

impl<S: Source, F: Fn() -> S> Tarball<F, S> {
    /// Makes an archive that has read nothing yet.
    pub fn new(open: F) -> Self {
        Self { open, walk: None, next: 0 }
    }
}

impl<S: Source, F: Fn() -> S> Container for Tarball<F, S> {
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        if index < self.next {
            self.walk = None;
        }
        let walk = match &mut self.walk {
            Some(walk) => walk,
            none => {
                self.next = 0;
                none.insert(Walk::new((self.open)()))
            }
        };
        loop {
            match walk.next().map_err(|e| unpack::failure(&e))? {
                None => return Err(Failure::failed("it holds no such file")),
                Some(Entry::File { name, .. }) if !names::is_clutter(&String::from_utf8_lossy(&name)) => {
                    self.next += 1;
                    if self.next > index {
                        break;
                    }
                }
                Some(_) => {}
            }
        }
        // A compressed source checks the unpacked size itself.
        unpack::copy(&mut walk.content(), u64::MAX, to)?;
        if walk.is_whole() { Ok(()) } else { Err(Failure::failed("damaged: it is cut short")) }
    }
}

#[cfg(test)]
#[path = "tar/tests.rs"]
mod tests;
