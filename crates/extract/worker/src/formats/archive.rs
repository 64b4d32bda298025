//! ZIP archives, read as folders.

#[cfg(test)]
pub mod broken;
pub mod names;
pub mod unpack;

use crate::{Container, Outcome};
use names::Names;
use plumb_extract::{Failure, Kind, Member, Parsed};
use std::{
    borrow::Cow,
    io::{Cursor, Write},
};
use unpack::{MAX_MEMBERS, MORE_MEMBERS};
use zip::{CompressionMethod, System, ZipArchive, read::read_zipfile_from_stream};

/// Maximum number of files in an archive. A longer list does not fit into memory.
const MAX_ENTRIES: u64 = 1_000_000;

/// Lists the files; a ZIP has no text of its own.
pub fn text(bytes: &[u8]) -> Outcome {
    let folder = Folder::open(bytes)?;
    let mut parsed = Parsed::new(Kind::Zip, String::new());
    parsed.members = folder.members;
    parsed.doubts = folder.doubts;
    if parsed.members.is_empty() && parsed.doubts.is_empty() { Err(Failure::no_text("an empty archive")) } else { Ok(parsed) }
}

/// Opens the archive to read its files.
pub fn open(bytes: &[u8]) -> Result<Box<dyn Container + '_>, Failure> {
    Ok(Box::new(Folder::open(bytes)?))
}

/// The position of a file.
enum At {
    /// Index in the central directory.
    Listed(usize),
    /// Offset in the archive, in bytes; the central directory is lost.
    Found(usize),
}

struct Folder<'a> {
    bytes: &'a [u8],
    archive: Option<ZipArchive<Cursor<&'a [u8]>>>,
    members: Vec<Member>,
    places: Vec<At>,
    doubts: Vec<String>,
}

/// A file in an archive that is being opened.
struct Entry {
    name: Cow<'static, [u8]>,
    /// The name, decoded with the DOS code page.
    oem: String,
    from_dos: bool,
    bytes: u64,
    refused: Option<&'static str>,
    at: At,
    /// Offset in the archive and compressed size, in bytes.
    packed: (u64, u64),
}

impl<'a> Folder<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let mut doubts = Vec::new();
        if declared(bytes) > MAX_ENTRIES {
            return Err(Failure::failed("it holds more than a million files"));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).ok();
        let entries = match &archive {
            Some(archive) => listed(archive, &mut doubts),
            None => found(bytes),
        };
        if archive.is_none() {
            if entries.is_empty() {
                return Err(Failure::failed("damaged: its list of files is missing"));
            }
            doubts.push("it is cut short: some of its files may be missing".to_owned());
        }
        let raw: Vec<_> = entries.iter().map(|entry| entry.name.clone()).collect();
        let from_dos = entries.iter().any(|entry| entry.from_dos);
        let decoded = names::decoded(&raw, from_dos);
        let mut names = Names::default();
        let (mut members, mut places) = (Vec::new(), Vec::new());
        for (entry, name) in entries.into_iter().zip(decoded) {
            let path = names.unique(name.as_deref().unwrap_or(&entry.oem));
            members.push(Member { path, bytes: entry.bytes, refused: entry.refused.map(str::to_owned) });
            places.push(entry.at);
        }
        Ok(Self { bytes, archive, members, places, doubts })
    }
}

/// The number of files that the end record declares.
fn declared(bytes: &[u8]) -> u64 {
    let tail = &bytes[bytes.len().saturating_sub(22 + 65535)..];
    let Some(at) = tail.windows(4).rposition(|mark| mark == b"PK\x05\x06") else { return 0 };
    let few = tail.get(at + 10..at + 12).map_or(0, |n| n.iter().rev().fold(0, |sum, &b| sum << 8 | u64::from(b)));
    if few < 0xffff {
        return few;
    }
    let large = tail[..at].windows(4).rposition(|mark| mark == b"PK\x06\x06");
    let count = large.and_then(|at| tail.get(at + 32..at + 40));
    count.map_or(few, |n| n.iter().rev().fold(0, |sum, &b| sum << 8 | u64::from(b)))
}

/// The files in the central directory.
fn listed(archive: &ZipArchive<Cursor<&[u8]>>, doubts: &mut Vec<String>) -> Vec<Entry> {
    if archive.has_duplicate_names() {
        doubts.push("some of its files have the same name: only the last of each was read".to_owned());
    }
    let mut entries = Vec::new();
    let mut links = 0;
    for index in 0..archive.len() {
        let Ok(file) = archive.by_index_data(index) else { continue };
        if file.is_symlink() {
            links += 1;
            continue;
        }
        let oem = file.name().map(Cow::into_owned).unwrap_or_default();
        if file.is_dir() || oem.ends_with('\\') || names::is_clutter(&oem) {
            continue;
        }
        if entries.len() == MAX_MEMBERS {
            doubts.push(MORE_MEMBERS.to_owned());
            break;
        }
        let known = matches!(
            file.compression(),
            CompressionMethod::Stored
                | CompressionMethod::Deflated
                | CompressionMethod::Deflate64
                | CompressionMethod::Bzip2
                | CompressionMethod::Lzma
                | CompressionMethod::Xz
                | CompressionMethod::Zstd
        );
        let refused = if file.encrypted() {
            Some("protected with a password")
        } else if !known {
            Some("compressed with an unsupported method")
        } else {
            None
        };
        entries.push(Entry {
            name: file.name_raw().to_vec().into(),
            oem,
            from_dos: file.system() != System::Unix,
            bytes: file.size(),
            refused,
            at: At::Listed(index),
            packed: (file.header_start(), file.compressed_size()),
        });
    }
    if links > 0 {
        doubts.push(unpack::left_out(links, "link to another file", "links to other files"));
    }
    refuse_overlaps(&mut entries);
    entries
}

/// Refuses files that overlap: a small archive can use them to unpack to petabytes.
fn refuse_overlaps(entries: &mut [Entry]) {
    let mut order: Vec<_> = (0..entries.len()).collect();
    order.sort_by_key(|&n| entries[n].packed);
    let mut end = 0;
    for n in order {
        let (start, size) = entries[n].packed;
        if start < end {
            entries[n].refused = Some("it overlaps another file in the archive: probably a zip bomb");
        } else {
            // A header has at least 30 bytes.
            end = start.saturating_add(30).saturating_add(size);
        }
    }
}

/// The complete files from the beginning on, for an archive without its central directory.
fn found(bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while entries.len() < MAX_MEMBERS {
        let at = bytes.len() - rest.len();
        let Ok(Some(file)) = read_zipfile_from_stream(&mut rest) else { break };
        if file.compressed_size() > (bytes.len() - at) as u64 {
            break;
        }
        let oem = file.name().map(Cow::into_owned).unwrap_or_default();
        if !file.is_dir() && !names::is_clutter(&oem) {
            let name = file.name_raw().to_vec().into();
            let packed = (at as u64, file.compressed_size());
            entries.push(Entry { name, oem, from_dos: true, bytes: file.size(), refused: None, at: At::Found(at), packed });
        }
    }
    entries
}

impl Container for Folder<'_> {
    fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        let (Some(place), Some(member)) = (self.places.get(index), self.members.get(index)) else {
            return Err(Failure::failed("it holds no such file"));
        };
        if let Some(refused) = &member.refused {
            return Err(Failure::failed(refused));
        }
        let damaged = || Failure::failed("damaged: it cannot be unpacked");
        match (place, &mut self.archive) {
            (At::Listed(index), Some(archive)) => {
                let mut file = archive.by_index(*index).map_err(|_| damaged())?;
                let packed = file.compressed_size();
                unpack::copy(&mut file, packed, to)
            }
            (At::Found(at), _) => match read_zipfile_from_stream(&mut &self.bytes[*at..]) {
                Ok(Some(mut file)) => {
                    let packed = file.compressed_size();
                    unpack::copy(&mut file, packed, to)
                }
                _ => Err(damaged()),
            },
            (At::Listed(_), None) => Err(damaged()),
        }
    }
}

#[cfg(test)]
#[path = "archive/tests.rs"]
mod tests;
