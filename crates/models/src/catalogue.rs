//! The models that run on this computer, and whether their files are there.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A built-in model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// As it stands in `ModelChoice::name`.
    pub id: &'static str,
    /// As people write it.
    pub name: &'static str,
    /// The name of its file.
    pub file: &'static str,
    /// Where its publisher keeps it.
    pub url: &'static str,
    /// The length of the file.
    pub bytes: u64,
    /// The file's SHA-256, in hexadecimal. It decides, not where the file came from.
    pub sha256: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// The most tokens it was trained to read.
    pub window: u32,
}

const CATALOGUE: &[BuiltIn] = &[
    BuiltIn {
        id: "qwen2.5-coder-1.5b",
        name: "Qwen2.5-Coder 1.5B",
        file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        url: "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        bytes: 1_117_320_768,
        sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence: "Apache-2.0",
        window: 32_768,
    },
    BuiltIn {
        id: "qwen2.5-coder-0.5b",
        name: "Qwen2.5-Coder 0.5B",
        file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        url: "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        bytes: 491_400_064,
        sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence: "Apache-2.0",
        window: 32_768,
    },
];

/// All of them, the default first.
pub fn catalogue() -> &'static [BuiltIn] {
    CATALOGUE
}

/// The one named `id`.
pub fn built_in(id: &str) -> Option<&'static BuiltIn> {
    CATALOGUE.iter().find(|model| model.id == id)
}

/// Whether a model's file is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Nothing of it.
    Absent,
    /// A fetch was interrupted, and goes on from here.
    Partial {
        /// Bytes that are there.
        bytes: u64,
    },
    /// All of it, and its checksum is right.
    Ready {
        /// Where.
        path: PathBuf,
    },
}

/// Looks for a model's file in the folder that the environment variable `PLUMB_MODELS` names, then in `dir`.
/// The first look at a file reads all of it, which takes seconds: not for an async thread.
pub fn state(model: &BuiltIn, dir: &Path) -> FileState {
    let shared = std::env::var_os("PLUMB_MODELS").map(PathBuf::from);
    state_in(model, shared.as_deref().into_iter().chain([dir]))
}

pub(crate) fn state_in<'a>(model: &BuiltIn, dirs: impl Iterator<Item = &'a Path>) -> FileState {
    let mut partial = 0;
    for dir in dirs {
        let path = dir.join(model.file);
        if is_right(model, &path, &|_| true).unwrap_or(false) {
            return FileState::Ready { path };
        }
        partial = fs::metadata(part_of(&path)).map_or(partial, |found| found.len());
    }
    if partial == 0 { FileState::Absent } else { FileState::Partial { bytes: partial } }
}

/// Deletes what is in `dir` of a model: its file, and what an interrupted fetch left.
///
/// # Errors
/// When a file that is there cannot be deleted.
pub fn remove(model: &BuiltIn, dir: &Path) -> io::Result<()> {
    let path = dir.join(model.file);
    for file in [note_of(&path), note_of(&part_of(&path)), part_of(&path), path] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The name of a file while it is being fetched.
pub(crate) fn part_of(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}

/// Where it is noted that a file was found right.
pub(crate) fn note_of(path: &Path) -> PathBuf {
    path.with_added_extension("verified")
}

/// That a file was found right, as long as neither its length nor its date changes: 1.1 GB is not read at each start.
#[derive(Serialize, Deserialize, PartialEq)]
struct Verified {
    bytes: u64,
    modified_ns: u64,
    sha256: String,
}

/// Whether the file at `path` is the model. `go_on` hears how many bytes were read, and ends the reading by saying false.
pub(crate) fn is_right(model: &BuiltIn, path: &Path, go_on: &dyn Fn(u64) -> bool) -> io::Result<bool> {
    let metadata = fs::metadata(path)?;
    if metadata.len() != model.bytes {
        return Ok(false);
    }
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Verified { bytes: model.bytes, modified_ns: modified.as_nanos() as u64, sha256: model.sha256.to_owned() };
    let note = note_of(path);
    if fs::read(&note).ok().and_then(|bytes| serde_json::from_slice::<Verified>(&bytes).ok()).is_some_and(|noted| noted == now) {
        return Ok(true);
    }
    let right = sha256(path, go_on)? == model.sha256;
    if right && let Ok(text) = serde_json::to_vec(&now) {
        // Where it cannot be noted (a read-only folder), the file is read again next time.
        let _ = fs::write(&note, text);
    }
    Ok(right)
}

fn sha256(path: &Path, go_on: &dyn Fn(u64) -> bool) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut read = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        read += n as u64;
        if !go_on(read) {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A model whose file holds `content`.
    pub fn model_of(content: &[u8]) -> BuiltIn {
        let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        BuiltIn { file: "m.gguf", bytes: content.len() as u64, sha256: sha256.leak(), ..CATALOGUE[0] }
    }

    #[test]
    fn the_catalogue_is_whole() {
        for model in catalogue() {
            assert!(model.url.ends_with(model.file) && model.sha256.len() == 64 && built_in(model.id) == Some(model));
        }
    }

    #[test]
    fn a_file_is_ready_only_with_the_right_checksum() {
        let dir = tempfile::tempdir().unwrap();
        let model = model_of(b"right");
        let state = || state_in(&model, [dir.path()].into_iter());
        assert_eq!(state(), FileState::Absent);
        fs::write(dir.path().join("m.gguf.part"), b"ri").unwrap();
        assert_eq!(state(), FileState::Partial { bytes: 2 });
        fs::write(dir.path().join("m.gguf"), b"wrong").unwrap();
        assert_eq!(state(), FileState::Partial { bytes: 2 });
        fs::write(dir.path().join("m.gguf"), b"right").unwrap();
        assert_eq!(state(), FileState::Ready { path: dir.path().join("m.gguf") });
    }

    #[test]
    fn what_is_removed_is_gone_whole_or_in_part() {
        let dir = tempfile::tempdir().unwrap();
        let model = model_of(b"right");
        fs::write(dir.path().join("m.gguf.part"), b"ri").unwrap();
        fs::write(dir.path().join("m.gguf"), b"right").unwrap();
        assert!(matches!(state_in(&model, [dir.path()].into_iter()), FileState::Ready { .. }));
        remove(&model, dir.path()).unwrap();
        remove(&model, dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_checked_file_is_not_read_again_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.gguf");
        let model = model_of(b"right");
        fs::write(&path, b"right").unwrap();
        assert!(is_right(&model, &path, &|_| true).unwrap());
        assert!(is_right(&model, &path, &|_| panic!("it was read again")).unwrap());
        fs::write(&path, b"wrong").unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        File::options().append(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(!is_right(&model, &path, &|_| true).unwrap());
    }
}
