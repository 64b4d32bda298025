//! Files of what models remember of Plumb's instructions, so that a new process need not read them: the process cannot write them itself. They
//! hold no word of a document or a question, and can be deleted at any time.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// So many files are kept, of all models together: each takes some megabytes.
const MOST: usize = 12;

/// The files of one model, as one build of llama.cpp reads it.
pub struct PromptCache {
    folder: PathBuf,
    /// What their names begin with.
    model: String,
    /// One that comes in.
    incoming: Option<Incoming>,
}

struct Incoming {
    file: File,
    path: PathBuf,
}

impl PromptCache {
    /// In `folder`, for what is made of these files as they are now: the model and the program.
    pub fn of(folder: &Path, made_of: [&Path; 2]) -> Self {
        let mut digest = Sha256::new();
        for file in made_of {
            let stamp = fs::metadata(file).and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
            digest.update(format!("{}\n{stamp:?}\n", file.display()));
        }
        let model = digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        PromptCache { folder: folder.to_owned(), model, incoming: None }
    }

    /// Those that are there, newest first.
    pub fn files(&self) -> Vec<PathBuf> {
        let of_this = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&self.model));
        self.all().into_iter().filter(of_this).collect()
    }

    /// Takes in the next piece of a file.
    ///
    /// # Errors
    /// When it cannot be written; what had come of it is gone.
    pub fn take_in(&mut self, name: &str, piece: &str, last: bool) -> io::Result<()> {
        let incoming = match self.incoming.take() {
            Some(incoming) => incoming,
            None => self.begin()?,
        };
        if let Err(error) = self.go_on(&incoming, name, piece, last) {
            let _ = fs::remove_file(incoming.path);
            return Err(error);
        }
        self.incoming = (!last).then_some(incoming);
        Ok(())
    }

    fn begin(&self) -> io::Result<Incoming> {
        fs::create_dir_all(&self.folder)?;
        // Several programs may keep the same at once.
        let path = self.folder.join(format!("{}-{}.part", self.model, std::process::id()));
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        Ok(Incoming { file, path })
    }

    fn go_on(&self, Incoming { file, path }: &Incoming, name: &str, piece: &str, last: bool) -> io::Result<()> {
        let bytes = BASE64_STANDARD.decode(piece).map_err(|_| io::ErrorKind::InvalidData)?;
        { file }.write_all(&bytes)?;
        if last {
            // It becomes part of a path.
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            fs::rename(path, self.folder.join(format!("{}-{name}.kv", self.model)))?;
            self.all().into_iter().skip(MOST).for_each(|old| drop(fs::remove_file(old)));
        }
        Ok(())
    }

    /// Those of all models, newest first.
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
    fn a_file_comes_in_by_pieces_and_is_there_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = PromptCache::of(folder.path(), [Path::new("a"), Path::new("b")]);
        cache.take_in("x/../y", &BASE64_STANDARD.encode("one "), false).unwrap();
        assert_eq!(cache.files(), Vec::<PathBuf>::new());
        cache.take_in("x/../y", &BASE64_STANDARD.encode("two"), true).unwrap();
        let files = cache.files();
        assert_eq!((files.len(), fs::read_to_string(&files[0]).unwrap()), (1, "one two".to_owned()));
        assert_eq!(files[0].parent(), Some(folder.path()));
        let other = PromptCache::of(folder.path(), [Path::new("c"), Path::new("b")]);
        assert_eq!(other.files(), Vec::<PathBuf>::new(), "they are another model's");
    }

    #[test]
    fn what_does_not_come_in_whole_leaves_nothing_and_old_files_give_way() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = PromptCache::of(folder.path(), [Path::new("a"), Path::new("b")]);
        cache.take_in("x", "AAAA", false).unwrap();
        assert!(cache.take_in("x", "no base64!", true).is_err());
        cache.take_in("x", "AAAA", false).unwrap();
        drop(cache);
        assert_eq!(names(folder.path()), 0);
        let mut cache = PromptCache::of(folder.path(), [Path::new("a"), Path::new("b")]);
        for number in 0..MOST + 5 {
            cache.take_in(&number.to_string(), "AAAA", true).unwrap();
        }
        assert_eq!((names(folder.path()), cache.files().len()), (MOST, MOST));
    }
}
