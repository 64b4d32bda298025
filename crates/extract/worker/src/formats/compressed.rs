//! Compressed files and compressed TARs.

use super::{
    archive::unpack::{self, Guarded, Packed},
    tar::{self, Source, Tarball},
};
use crate::{Container, Outcome};
use lzma_rust2::XzReader;
use plumb_extract::{Failure, Family, Kind, Member, Parsed};
use std::io::{self, BufReader, ErrorKind, Read, Write};

/// Memory limit for unpacking XZ; its strongest setting takes 65 MB.
const XZ_MEMORY_LIMIT_KIB: u32 = 512 << 10;
/// Memory limit for unpacking Zstandard, as the binary logarithm of its window: 128 MB, the default of its own program.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Lists the files of a compressed TAR, or the one compressed file.
pub fn text(family: Family, bytes: &[u8]) -> Outcome {
    if holds_tar(family, bytes)? {
        return tar::list(Unpacked::new(family, bytes)?);
    }
    let mut parsed = Parsed::new(Kind::Compressed, String::new());
    parsed.members.push(Member { path: String::new(), bytes: declared(family, bytes), refused: None });
    Ok(parsed)
}

/// Opens the document to read its files.
pub fn open(family: Family, bytes: &[u8]) -> Result<Box<dyn Container + '_>, Failure> {
    if holds_tar(family, bytes)? {
        return Ok(Box::new(Tarball::new(move || {
            Unpacked::new(family, bytes).unwrap_or_else(|_| Unpacked(Box::new(io::empty())))
        })));
    }
    Ok(Box::new(SingleFile { family, bytes }))
}

/// Unpacks the beginning to see whether it is a TAR.
fn holds_tar(family: Family, bytes: &[u8]) -> Result<bool, Failure> {
    let mut head = Vec::new();
    let read = Unpacked::new(family, bytes)?.take(512).read_to_end(&mut head);
    match read {
        Err(e) if head.is_empty() => Err(unpack::failure(&e)),
        _ => Ok(tar::starts_tar(&head)),
    }
}

/// The declared unpacked size, in bytes; 0 if it is not declared.
fn declared(family: Family, bytes: &[u8]) -> u64 {
    match (family, bytes.last_chunk::<4>()) {
        (Family::Gzip, Some(&size)) => u32::from_le_bytes(size).into(),
        _ => 0,
    }
}

/// The unpacked stream of a compressed file.
struct Unpacked<'a>(Box<dyn Read + 'a>);

impl<'a> Unpacked<'a> {
    fn new(family: Family, bytes: &'a [u8]) -> Result<Self, Failure> {
        let packed = Packed::new(bytes);
        let taken = packed.taken();
        let packed = BufReader::with_capacity(32 << 10, packed);
        let stream: Box<dyn Read + 'a> = match family {
            Family::Gzip => Box::new(UntilJunk { from: flate2::bufread::MultiGzDecoder::new(packed), some: false }),
            Family::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
            Family::Xz => Box::new(XzReader::new_mem_limit(packed, true, XZ_MEMORY_LIMIT_KIB)),
            Family::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|e| unpack::failure(&e))?;
                decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|e| unpack::failure(&e))?;
                Box::new(decoder)
            }
            _ => return Err(Failure::skipped("compressed in an unsupported format")),
        };
        Ok(Self(Box::new(Guarded::new(stream, taken))))
    }
}

/// A gzip stream that ends at trailing junk, which tapes and downloads leave behind.
struct UntilJunk<R> {
    from: R,
    /// Some of the stream was read.
    some: bool,
}

impl<R: Read> Read for UntilJunk<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self.from.read(to) {
            // The library has no other sign of trailing junk.
            Err(e) if self.some && e.kind() == ErrorKind::InvalidInput && e.to_string() == "invalid gzip header" => Ok(0),
            read => {
                self.some |= read.as_ref().is_ok_and(|&read| read > 0);
                read
            }
        }
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.0.read(to)
    }
}

impl Source for Unpacked<'_> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.0.by_ref().take(bytes), &mut io::sink())?;
        if passed == bytes { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }
}

/// A single compressed file.
struct SingleFile<'a> {
    family: Family,
    bytes: &'a [u8],
}

impl Container for SingleFile<'_> {
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        if index > 0 {
            return Err(Failure::failed("it holds no such file"));
        }
        // `Unpacked` checks the size itself.
        unpack::copy(&mut Unpacked::new(self.family, self.bytes)?, u64::MAX, to)
    }
}

#[cfg(test)]
#[path = "compressed/tests.rs"]
mod tests;
