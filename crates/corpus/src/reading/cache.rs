//! The store of extracted texts, and of the reasons why there are none. Its keys are the document's content and the extractor's version.
//!
//! All libraries share it. It is bounded in size and safe to delete at any time. It is never trusted over the source: the key is the content
//! of the file as it is now.

use crate::{document::Content, system};
use parking_lot::Mutex;
use plumb_extract::{Failure, FailureState, Parsed, VERSION};
use std::{
    collections::HashMap,
    fs::{self, File, Metadata},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Size of the store on the disk, in bytes. Above it, the texts that were not used for longest are removed.
const MAX_BYTES: u64 = 4 << 30;
/// Files whose content is remembered by their stamps. Above it, all of them are forgotten.
const MAX_STAMPS: u64 = 1_000_000;
/// Age of a file's last change from which on another change shows in its stamp.
pub const SETTLED: Duration = Duration::from_secs(2);
/// Level of zstd.
const COMPRESSION_LEVEL: i32 = 3;

/// The result of reading a document.
pub type Outcome = Result<Parsed, Failure>;

/// Extracted texts by the content of their documents.
pub struct TextCache {
    folder: PathBuf,
    max_bytes: u64,
    /// Bytes it takes, once they were counted.
    size: Mutex<Option<u64>>,
    stamps: Mutex<Option<HashMap<Content, Content>>>,
}

impl TextCache {
    /// A store in this folder of its own, which is made when first needed.
    pub fn new(folder: &Path) -> Self {
        Self::with(folder, MAX_BYTES)
    }

    /// A store that takes at most this many bytes of the disk.
    pub fn with(folder: &Path, max_bytes: u64) -> Self {
        // The texts of another version are of no use.
        TextCache { folder: folder.join(format!("v{VERSION}")), max_bytes, size: Mutex::default(), stamps: Mutex::default() }
    }

    /// The result of reading a document with this content.
    pub fn get(&self, content: &Content) -> Option<Outcome> {
        let path = self.path(content);
        let file = File::open(&path).ok()?;
        let outcome = unpack(&file).ok();
        match outcome {
            // The time of the file says when it was last used.
            Some(_) => drop(file.set_modified(SystemTime::now())),
            None => drop(fs::remove_file(&path)),
        }
        outcome
    }

    /// Keeps a result, unless it is a failure that may pass. A result that cannot be kept is no fault: the document is read again.
    pub fn put(&self, content: &Content, outcome: &Outcome) {
        if matches!(outcome, Err(failure) if failure.state == FailureState::Passing) {
            return;
        }
        let path = self.path(content);
        let kept = (|| {
            let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            pack(outcome, file.as_file_mut())?;
            let bytes = file.as_file().metadata()?.len();
            file.persist(&path)?;
            io::Result::Ok(bytes)
        })();
        if let Ok(bytes) = kept {
            self.grow(bytes);
        }
    }

    /// The content of a file: by its stamp if the file is known, else by reading it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn content_of(&self, file: &File) -> io::Result<Content> {
        let before = file.metadata()?;
        let stamp = stamp(&before);
        if let Some(content) = self.known(&stamp) {
            return Ok(content);
        }
        let (mut hasher, mut file) = (blake3::Hasher::new(), file);
        file.rewind()?;
        hasher.update_reader(file)?;
        let content = *hasher.finalize().as_bytes();
        let settled = before.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > SETTLED));
        if settled && self::stamp(&file.metadata()?) == stamp {
            self.learn(stamp, content);
        }
        Ok(content)
    }

    fn path(&self, content: &Content) -> PathBuf {
        let name = blake3::Hash::from_bytes(*content).to_hex();
        self.folder.join(&name[..2]).join(&name[2..])
    }

    fn stamps_path(&self) -> PathBuf {
        self.folder.join("stamps")
    }

    fn known(&self, stamp: &Content) -> Option<Content> {
        let mut stamps = self.stamps.lock();
        stamps.get_or_insert_with(|| read_stamps(&self.stamps_path())).get(stamp).copied()
    }

    fn learn(&self, stamp: Content, content: Content) {
        let mut stamps = self.stamps.lock();
        stamps.get_or_insert_default().insert(stamp, content);
        let path = self.stamps_path();
        let too_many = fs::metadata(&path).is_ok_and(|metadata| metadata.len() > MAX_STAMPS * RECORD_BYTES as u64);
        if too_many {
            let _ = fs::remove_file(&path);
        }
        let mut record = [stamp, content].concat();
        record.extend_from_slice(&blake3::hash(&record).as_bytes()[..8]);
        // One write at the end of the file: other programs of ours may write there too.
        let written = fs::create_dir_all(&self.folder)
            .and_then(|()| File::options().append(true).create(true).open(&path))
            .and_then(|mut file| file.write_all(&record));
        drop(written);
    }

    /// Counts added bytes. Above the bound, removes the texts that were not used for longest.
    fn grow(&self, bytes: u64) {
        let mut size = self.size.lock();
        let now = match *size {
            Some(size) => size + bytes,
            None => {
                remove_older(&self.folder);
                texts(&self.folder).iter().map(|text| text.bytes).sum()
            }
        };
        *size = Some(if now > self.max_bytes { make_room(&self.folder, self.max_bytes) } else { now });
    }
}

/// Bytes of a record: a stamp, the content, and a checksum of eight bytes over both.
const RECORD_BYTES: usize = 72;

fn read_stamps(path: &Path) -> HashMap<Content, Content> {
    let bytes = fs::read(path).unwrap_or_default();
    let whole = bytes.chunks_exact(RECORD_BYTES).filter(|record| blake3::hash(&record[..64]).as_bytes()[..8] == record[64..]);
    whole.filter_map(|record| Some((record[..32].try_into().ok()?, record[32..64].try_into().ok()?))).collect()
}

/// Changes when a file is written to or replaced.
fn stamp(metadata: &Metadata) -> Content {
    let bytes: Vec<u8> = system::identity(metadata).iter().flat_map(|number| number.to_le_bytes()).collect();
    *blake3::hash(&bytes).as_bytes()
}

/// The content of a member. It stays the same as long as the document around it does.
pub fn content_of_member(of: &Content, index: usize) -> Content {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"member").update(of).update(&(index as u64).to_le_bytes());
    *hasher.finalize().as_bytes()
}

fn pack(outcome: &Outcome, to: &mut File) -> io::Result<()> {
    let head = serde_json::to_vec(outcome)?;
    let mut packed = zstd::Encoder::new(to, COMPRESSION_LEVEL)?;
    packed.include_checksum(true)?;
    packed.write_all(&(head.len() as u64).to_le_bytes())?;
    packed.write_all(&head)?;
    if let Ok(parsed) = outcome {
        packed.write_all(parsed.text.as_bytes())?;
    }
    packed.finish()?;
    Ok(())
}

fn unpack(file: &File) -> io::Result<Outcome> {
    let mut bytes = Vec::new();
    zstd::Decoder::new(file)?.read_to_end(&mut bytes)?;
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or(io::ErrorKind::UnexpectedEof)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(io::Error::other)?;
    let (head, text) = rest.split_at_checked(length).ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut outcome: Outcome = serde_json::from_slice(head)?;
    if let Ok(parsed) = &mut outcome {
        parsed.text = str::from_utf8(text).map_err(io::Error::other)?.to_owned();
    }
    Ok(outcome)
}

/// Removes the texts of older versions beside this folder, which are not used or counted any more.
fn remove_older(folder: &Path) {
    for other in folder.parent().and_then(|all| fs::read_dir(all).ok()).into_iter().flatten().flatten() {
        let version = other.file_name().to_str().and_then(|name| name.strip_prefix('v')?.parse::<u32>().ok());
        if version.is_some_and(|version| version < VERSION) {
            let _ = fs::remove_dir_all(other.path());
        }
    }
}

struct Kept {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

fn texts(folder: &Path) -> Vec<Kept> {
    let folders = fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    let kept = files.filter_map(|file| {
        let metadata = file.metadata().ok()?;
        Some(Kept { path: file.path(), bytes: metadata.len(), used: metadata.modified().ok()? })
    });
    kept.collect()
}

/// Removes the texts that were not used for longest until a tenth is free. Returns the bytes that are left.
fn make_room(folder: &Path, max_bytes: u64) -> u64 {
    let mut texts = texts(folder);
    texts.sort_by_key(|text| text.used);
    let mut size: u64 = texts.iter().map(|text| text.bytes).sum();
    for text in texts {
        if size <= max_bytes / 10 * 9 {
            break;
        }
        if fs::remove_file(&text.path).is_ok() {
            size -= text.bytes;
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_extract::Kind;

    fn parsed(text: &str) -> Outcome {
        Ok(Parsed::new(Kind::Pdf, text.to_owned()))
    }

    fn content(of: &str) -> Content {
        *blake3::hash(of.as_bytes()).as_bytes()
    }

    #[test]
    fn kept_texts_are_found_and_damaged_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = TextCache::new(folder.path());
        assert_eq!(cache.get(&content("a")), None);
        cache.put(&content("a"), &parsed("some words"));
        assert_eq!(TextCache::new(folder.path()).get(&content("a")), Some(parsed("some words")));
        let path = cache.path(&content("a"));
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(cache.get(&content("a")), None);
        fs::remove_dir_all(folder.path()).unwrap();
        cache.put(&content("b"), &parsed("the folder may be deleted at any time"));
        assert!(cache.get(&content("b")).is_some());
    }

    #[test]
    fn lasting_failures_are_kept_and_passing_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = TextCache::new(folder.path());
        let locked = Err(Failure::failed("protected with a password"));
        cache.put(&content("locked"), &locked);
        cache.put(&content("unlucky"), &Err(Failure::passing("the reader could not be started")));
        assert_eq!((cache.get(&content("locked")), cache.get(&content("unlucky"))), (Some(locked), None));
    }

    #[test]
    fn the_store_stays_bounded_and_keeps_what_was_used_last() {
        let folder = tempfile::tempdir().unwrap();
        let cache = TextCache::with(folder.path(), 1_500);
        for number in 0..40u32 {
            cache.put(&content(&number.to_string()), &parsed(&format!("text {number}")));
            assert!(cache.get(&content("0")).is_some(), "after {number}");
        }
        assert!(texts(&cache.folder).iter().map(|text| text.bytes).sum::<u64>() <= 1_500);
        assert!(cache.get(&content("39")).is_some() && cache.get(&content("1")).is_none());
    }

    #[test]
    fn texts_of_older_versions_are_removed_and_newer_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let of_version = |version: u32| folder.path().join(format!("v{version}"));
        for version in [VERSION - 1, VERSION + 1] {
            fs::create_dir_all(of_version(version).join("ab")).unwrap();
        }
        TextCache::new(folder.path()).put(&content("a"), &parsed("some words"));
        let left = [VERSION - 1, VERSION, VERSION + 1].map(|version| of_version(version).exists());
        assert_eq!(left, [false, true, true]);
    }

    #[test]
    fn a_file_is_hashed_again_only_when_its_stamp_changed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = TextCache::new(&folder.path().join("cache"));
        let path = folder.path().join("a.bin");
        let old = SystemTime::now() - Duration::from_secs(3600);
        let write = |bytes: &str, at: SystemTime| {
            fs::write(&path, bytes).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
            File::open(&path).unwrap()
        };
        assert_eq!(cache.content_of(&write("one", old)).unwrap(), content("one"));
        assert_eq!(read_stamps(&cache.stamps_path()).len(), 1);
        // Same size, same time: the moment of the change itself differs.
        assert_eq!(cache.content_of(&write("two", old)).unwrap(), content("two"));
        // A file that changed just now may change again without a trace.
        assert_eq!(cache.content_of(&write("six", SystemTime::now())).unwrap(), content("six"));
        assert_eq!(read_stamps(&cache.stamps_path()).len(), 2);
        let file = write("two times", SystemTime::now());
        assert_eq!(
            (cache.content_of(&file).unwrap(), cache.content_of(&file).unwrap()),
            (content("two times"), content("two times"))
        );
    }
}
