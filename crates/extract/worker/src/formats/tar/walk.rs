//! From one header of a TAR to the next. The `tar` crate's own walk cannot be kept between two questions, as it borrows its archive, and reads
//! names of any length into memory.

use std::io::{self, ErrorKind, Read};
use tar::{EntryType, Header, PaxExtensions};

const BLOCK: u64 = 512;
/// Names and attributes of a file that are longer than that are damaged.
const ATTRIBUTES: u64 = 1 << 20;

/// Where the bytes of a TAR come from.
pub trait Source: Read {
    /// Passes over some bytes.
    ///
    /// # Errors
    /// They cannot be unpacked, or the source ends before.
    fn pass(&mut self, bytes: u64) -> io::Result<()>;
}

impl Source for &[u8] {
    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let rest = usize::try_from(bytes).ok().and_then(|bytes| self.get(bytes..));
        *self = rest.unwrap_or_default();
        if rest.is_some() { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
}

/// What stands at a place of a TAR.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File {
        /// In an unknown encoding.
        name: Vec<u8>,
        /// In bytes.
        size: u64,
    },
    /// A link to another file.
    Link,
    /// A file of which only parts are kept.
    Sparse,
    /// A folder, a device, and the like.
    Nothing,
}

/// A walk through a TAR.
pub struct Walk<S> {
    from: S,
    /// Of the content of the last file, and the blanks behind it.
    left: u64,
    padding: u64,
}

/// What a header before the header of a file tells of it.
#[derive(Default)]
struct Attributes {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl<S: Source> Walk<S> {
    /// At the beginning.
    pub fn new(from: S) -> Self {
        Self { from, left: 0, padding: 0 }
    }

    /// The next thing; what is left of the last one is passed over. `None`: the end.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        let mut attributes = Attributes::default();
        let mut empty = 0;
        loop {
            let content = std::mem::take(&mut self.left);
            self.pass(content)?;
            let padding = std::mem::take(&mut self.padding);
            // The last file may lack its padding.
            if padding > 0 && self.pass(padding).is_err() {
                return Ok(None);
            }
            let mut block = [0; BLOCK as usize];
            let filled = self.fill(&mut block)?;
            if filled == 0 || block.iter().all(|&b| b == 0) {
                empty += 1;
                if filled < block.len() || empty == 2 {
                    return Ok(None);
                }
                continue;
            }
            if filled < block.len() || !is_header(&block) {
                return Err(ErrorKind::InvalidData.into());
            }
            let header = Header::from_byte_slice(&block);
            let kind = header.entry_type();
            let attribute =
                matches!(kind, EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader);
            let own = header.entry_size().map_err(|_| ErrorKind::InvalidData)?;
            let size = if attribute { own } else { attributes.size.unwrap_or(own) };
            if !matches!(block[156], b'1'..=b'6') {
                self.left = size;
                self.padding = (BLOCK - size % BLOCK) % BLOCK;
            }
            if attribute {
                self.attribute(kind, &mut attributes)?;
                continue;
            }
            let name = attributes.name.take().unwrap_or_else(|| header.path_bytes().into_owned());
            return Ok(Some(match kind {
                EntryType::GNUSparse => Found::Sparse,
                EntryType::Regular | EntryType::Continuous if attributes.sparse => Found::Sparse,
                // A folder, in the oldest TARs.
                EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => Found::Nothing,
                EntryType::Regular | EntryType::Continuous => Found::File { name, size },
                EntryType::Link | EntryType::Symlink => Found::Link,
                _ => Found::Nothing,
            }));
        }
    }

    /// The content of the file that was found last, as far as it was not read yet.
    pub fn content(&mut self) -> Content<'_, S> {
        Content { walk: self }
    }

    /// The content of the last file was read to its end.
    pub fn is_whole(&self) -> bool {
        self.left == 0
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        if bytes > 0 { self.from.pass(bytes) } else { Ok(()) }
    }

    fn fill(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < block.len() {
            match self.from.read(&mut block[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(filled)
    }

    fn attribute(&mut self, kind: EntryType, attributes: &mut Attributes) -> io::Result<()> {
        if self.left > ATTRIBUTES {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut content = Vec::new();
        let mut from = self.content();
        from.read_to_end(&mut content)?;
        match kind {
            EntryType::GNULongName => {
                content.truncate(content.iter().position(|&b| b == 0).unwrap_or(content.len()));
                attributes.name = Some(content);
            }
            EntryType::XHeader => {
                for attribute in PaxExtensions::new(&content).flatten() {
                    match attribute.key_bytes() {
                        b"path" => attributes.name = Some(attribute.value_bytes().to_vec()),
                        b"size" => attributes.size = attribute.value().ok().and_then(|size| size.parse().ok()),
                        key => attributes.sparse |= key.starts_with(b"GNU.sparse."),
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The content of a file.
pub struct Content<'a, S> {
    walk: &'a mut Walk<S>,
}

impl<S: Source> Read for Content<'_, S> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.walk.left).unwrap_or(usize::MAX).min(to.len());
        if most == 0 {
            return Ok(0);
        }
        let read = self.walk.from.read(&mut to[..most])?;
        self.walk.left -= read as u64;
        Ok(read)
    }
}

/// Whether a TAR begins with these bytes, of any age.
pub fn starts_tar(bytes: &[u8]) -> bool {
    let block = bytes.first_chunk::<{ BLOCK as usize }>();
    block.is_some_and(|block| block[0] != 0 && is_header(block))
}

/// Its sum is right. Old programs summed signed bytes.
fn is_header(block: &[u8; BLOCK as usize]) -> bool {
    let Ok(sum) = Header::from_byte_slice(block).cksum() else { return false };
    let bytes = block.iter().enumerate().map(|(at, &b)| if (148..156).contains(&at) { b' ' } else { b });
    let unsigned: u32 = bytes.clone().map(u32::from).sum();
    let signed: i32 = bytes.map(|b| i32::from(b.cast_signed())).sum();
    sum == unsigned || i32::try_from(sum) == Ok(signed)
}
