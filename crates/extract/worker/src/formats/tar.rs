//! TAR as a folder.

mod walk;

use super::archive::{
    names::{self, Names},
    unpack::{self, MEMBERS, MORE_MEMBERS},
};
use crate::{Container, Outcome};
use plumb_extract::{Failure, Kind, Member, Parsed};
use std::{borrow::Cow, io::Write};
use walk::{Found, Walk};
pub use walk::{Source, starts_tar};

/// The files in it; a TAR has no text of its own.
pub fn text(bytes: &[u8]) -> Outcome {
    list(bytes)
}

/// Its files, to be read one after the other.
pub fn open(bytes: &[u8]) -> Result<Box<dyn Container + '_>, Failure> {
    Ok(Box::new(Tarball::new(move || bytes)))
}

/// The files of a TAR, read from its beginning to its end without keeping any of it.
pub fn list(source: impl Source) -> Outcome {
    let mut walk = Walk::new(source);
    let mut parsed = Parsed::new(Kind::Tar, String::new());
    let (mut raw, mut sizes): (Vec<Cow<'_, [u8]>>, _) = (Vec::new(), Vec::new());
    let (mut links, mut sparse) = (0, 0);
    loop {
        match walk.next() {
            Ok(Some(Found::File { name, .. })) if names::is_clutter(&String::from_utf8_lossy(&name)) => {}
            Ok(Some(Found::File { name, size })) => {
                if raw.len() == MEMBERS {
                    parsed.doubts.push(MORE_MEMBERS.to_owned());
                    break;
                }
                raw.push(name.into());
                sizes.push(size);
            }
            Ok(Some(Found::Link)) => links += 1,
            Ok(Some(Found::Sparse)) => sparse += 1,
            Ok(Some(Found::Nothing)) => {}
            Ok(None) => break,
            Err(e) if raw.is_empty() => return Err(unpack::failure(&e)),
            Err(e) => {
                parsed.doubts.push(format!(
                    "{}: files after the {} that were found are missing",
                    unpack::failure(&e).reason,
                    raw.len()
                ));
                break;
            }
        }
    }
    for (count, what) in [(links, "links to other files"), (sparse, "files with holes")] {
        if count > 0 {
            parsed.doubts.push(format!("{count} {what} were left out"));
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

/// A TAR that is read once from end to end as long as its files are asked for in order. `open` begins anew.
pub struct Tarball<F, S> {
    open: F,
    walk: Option<Walk<S>>,
    /// The index of the next file that `walk` will come to.
    next: usize,
}

impl<S: Source, F: Fn() -> S> Tarball<F, S> {
    /// Nothing is read yet.
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
                None => return Err(Failure::failed("there is no such file in it")),
                Some(Found::File { name, .. }) if !names::is_clutter(&String::from_utf8_lossy(&name)) => {
                    self.next += 1;
                    if self.next > index {
                        break;
                    }
                }
                Some(_) => {}
            }
        }
        // What a stream unpacks to is watched where it is unpacked.
        unpack::copy(&mut walk.content(), u64::MAX, to)?;
        if walk.is_whole() { Ok(()) } else { Err(Failure::failed("damaged: it is cut short")) }
    }
}

#[cfg(test)]
#[path = "tar/tests.rs"]
mod tests;
