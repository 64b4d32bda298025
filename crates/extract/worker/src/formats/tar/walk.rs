//! Walks from one header of a TAR to the next. The iterator of the `tar` crate borrows its archive, so it cannot be kept between two requests. It
//! also reads names of any length into memory.

use std::io::{self, ErrorKind, Read};
use tar::{EntryType, Header, PaxExtensions};

const BLOCK_BYTES: u64 = 512;
/// Maximum size of the name and attributes of a file; larger ones are damaged.
const MAX_ATTRIBUTE_BYTES: u64 = 1 << 20;

/// A source of the bytes of a TAR.
pub trait Source: Read {
    /// Skips some bytes.
    ///
    /// # Errors
    /// The bytes cannot be unpacked, or the source ends before them.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

impl Source for &[u8] {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let rest = usize::try_from(bytes).ok().and_then(|bytes| self.get(bytes..));
        *self = rest.unwrap_or_default();
        if rest.is_some() { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
}

/// An entry of a TAR.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File {
        /// The name, in an unknown encoding.
        name: Vec<u8>,
        /// The size, in bytes.
        size: u64,
    },
    /// A link to another file.
    Link,
    /// A sparse file, of which only parts are stored.
    Sparse,
    /// A folder, a device or the like.
    Other,
}

/// A walk through a TAR.
pub struct Walk<S> {
    from: S,
    /// Unread bytes of the last file.
    left: u64,
    /// Bytes of padding after the last file.
    padding: u64,
}

/// Attributes of a file from the extra headers before its own.
#[derive(Default)]
struct Attributes {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl<S: Source> Walk<S> {
    /// Begins at the start of the TAR.
    pub fn new(from: S) -> Self {
        Self { from, left: 0, padding: 0 }
    }

    /// The next entry; the rest of the last one is skipped. `None`: the end.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut attributes = Attributes::default();
        let mut empty = 0;
        loop {
            let content = std::mem::take(&mut self.left);
            self.skip(content)?;
            let padding = std::mem::take(&mut self.padding);
            // The last file may lack its padding.
            if padding > 0 && self.skip(padding).is_err() {
                return Ok(None);
            }
            let mut block = [0; BLOCK_BYTES as usize];
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
                self.padding = (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES;
            }
            if attribute {
                self.attribute(kind, &mut attributes)?;
                continue;
            }
            let name = attributes.name.take().unwrap_or_else(|| header.path_bytes().into_owned());
            return Ok(Some(match kind {
                EntryType::GNUSparse => Entry::Sparse,
                EntryType::Regular | EntryType::Continuous if attributes.sparse => Entry::Sparse,
                // The oldest TARs mark a folder in this way.
                EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => Entry::Other,
                EntryType::Regular | EntryType::Continuous => Entry::File { name, size },
                EntryType::Link | EntryType::Symlink => Entry::Link,
                _ => Entry::Other,
            }));
        }
    }

    /// The unread content of the last file.
    pub fn content(&mut self) -> Content<'_, S> {
        Content { walk: self }
    }

    /// Whether the content of the last file was read to its end.
    pub fn is_whole(&self) -> bool {
        self.left == 0
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        if bytes > 0 { self.from.skip(bytes) } else { Ok(()) }
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
        if self.left > MAX_ATTRIBUTE_BYTES {
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

/// Whether these bytes begin a TAR, of any age.
pub fn starts_tar(bytes: &[u8]) -> bool {
    let block = bytes.first_chunk::<{ BLOCK_BYTES as usize }>();
    block.is_some_and(|block| block[0] != 0 && is_header(block))
}

/// Whether the checksum is right. Old programs summed signed bytes.
fn is_header(block: &[u8; BLOCK_BYTES as usize]) -> bool {
    let Ok(sum) = Header::from_byte_slice(block).cksum() else { return false };
    let bytes = block.iter().enumerate().map(|(at, &b)| if (148..156).contains(&at) { b' ' } else { b });
    let unsigned: u32 = bytes.clone().map(u32::from).sum();
    let signed: i32 = bytes.map(|b| i32::from(b.cast_signed())).sum();
    sum == unsigned || i32::try_from(sum) == Ok(signed)
}
