//! Files with models' states after Plumb's instructions, so that a new process need not read these. The sealed process cannot write them itself. They
//! contain nothing of a document or a question, and can be deleted at any time.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Maximum number of files of all models together; each takes some megabytes.
const MAX_FILES: usize = 20;

/// The files of one model and one build of the program.
pub struct PromptCache {
    folder: PathBuf,
    /// The prefix of their names.
    prefix: String,
    /// The file that is arriving.
    incoming: Option<Incoming>,
}

struct Incoming {
    file: File,
    path: PathBuf,
}

impl PromptCache {
    /// The files in `folder` that belong to the model and the program in `sources`, as these are now.
    pub fn of(folder: &Path, sources: [&Path; 2]) -> Self {
        let mut digest = Sha256::new();
        for file in sources {
            let stamp = fs::metadata(file).and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
            digest.update(format!("{}\n{stamp:?}\n", file.display()));
        }
        let prefix = digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        PromptCache { folder: folder.to_owned(), prefix, incoming: None }
    }

    /// The existing files, newest first.
    pub fn files(&self) -> Vec<PathBuf> {
        let own = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&self.prefix));
        self.all().into_iter().filter(own).collect()
    }

    /// Adds the next piece of a file, which appears with its last piece.
    ///
    /// # Errors
    /// When it cannot be written; earlier pieces are then deleted.
    pub fn add(&mut self, name: &str, piece: &str, last: bool) -> io::Result<()> {
        let incoming = match self.incoming.take() {
            Some(incoming) => incoming,
            None => self.begin()?,
        };
        if let Err(error) = self.append(&incoming, name, piece, last) {
            let _ = fs::remove_file(incoming.path);
            return Err(error);
        }
        self.incoming = (!last).then_some(incoming);
        Ok(())
    }

    fn begin(&self) -> io::Result<Incoming> {
        fs::create_dir_all(&self.folder)?;
        // Several programs may write the same file at once.
        let path = self.folder.join(format!("{}-{}.part", self.prefix, std::process::id()));
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        Ok(Incoming { file, path })
    }

    fn append(&self, Incoming { file, path }: &Incoming, name: &str, piece: &str, last: bool) -> io::Result<()> {
        let bytes = BASE64_STANDARD.decode(piece).map_err(|_| io::ErrorKind::InvalidData)?;
        { file }.write_all(&bytes)?;
        if last {
            // The name becomes part of a path.
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            fs::rename(path, self.folder.join(format!("{}-{name}.kv", self.prefix)))?;
            self.all().into_iter().skip(MAX_FILES).for_each(|old| drop(fs::remove_file(old)));
        }
        Ok(())
    }

    /// The files of all models, newest first.
    fn all(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let kept = entries.filter(|path| path.extension().is_some_and(|extension| extension == "kv"));
        let mut dated: Vec<(SystemTime, PathBuf)> =
            kept.filter_map(|path| Some((fs::metadata(&path).and_then(|metadata| metadata.modified()).ok()?, path))).collect();
        dated.sort_by(|one, other| other.cmp(one));
        dated.into_iter().map(|(_, path)| path).collect()
    }
}

impl Drop for PromptCache {
    fn drop(&mut self) {
        if let Some(incoming) = self.incoming.take() {
            let _ = fs::remove_file(incoming.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn a_file_arrives_in_pieces_and_appears_when_complete() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = PromptCache::of(folder.path(), [Path::new("a"), Path::new("b")]);
        cache.add("x/../y", &BASE64_STANDARD.encode("one "), false).unwrap();
        assert_eq!(cache.files(), Vec::<PathBuf>::new());
        cache.add("x/../y", &BASE64_STANDARD.encode("two"), true).unwrap();
        let files = cache.files();
        assert_eq!((files.len(), fs::read_to_string(&files[0]).unwrap()), (1, "one two".to_owned()));
        assert_eq!(files[0].parent(), Some(folder.path()));
        let other = PromptCache::of(folder.path(), [Path::new("c"), Path::new("b")]);
        assert_eq!(other.files(), Vec::<PathBuf>::new(), "another model does not see them");
    }

    #[test]
    fn incomplete_files_leave_nothing_and_old_ones_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = PromptCache::of(folder.path(), [Path::new("a"), Path::new("b")]);
        cache.add("x", "AAAA", false).unwrap();
        assert!(cache.add("x", "no base64!", true).is_err());
        cache.add("x", "AAAA", false).unwrap();
        drop(cache);
        assert_eq!(names(folder.path()), 0);
        let mut cache = PromptCache::of(folder.path(), [Path::new("a"), Path::new("b")]);
        for number in 0..MAX_FILES + 5 {
            cache.add(&number.to_string(), "AAAA", true).unwrap();
        }
        assert_eq!((names(folder.path()), cache.files().len()), (MAX_FILES, MAX_FILES));
    }
}
