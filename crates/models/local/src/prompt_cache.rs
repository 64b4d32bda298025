//! The model's state after instructions that an earlier process read. Reading a thousand tokens takes seconds; loading the state after them takes
//! milliseconds.
//!
//! The cache holds only instructions, which are Plumb's own words: no document, no question.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use llama_cpp_2::token::LlamaToken;
use plumb_llama_protocol::FromLlama;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// A file's first bytes; the last one is the version of the format.
const MAGIC: &[u8; 8] = b"PLUMBKV1";
/// Minimum number of tokens worth keeping: fewer are read faster than loaded.
const MIN_TOKENS: usize = 64;
/// Maximum number of tokens of instructions.
const MAX_TOKENS: usize = 1 << 16;
/// Bytes of a file in one frame, before base64.
const PIECE_BYTES: usize = 6 << 20;
/// Bytes before the tokens: magic, number of tokens, digest.
const HEAD_BYTES: usize = 44;

/// The cached states.
pub struct PromptCache {
    kept: Vec<Kept>,
}

/// One file: the magic, the number of tokens, a digest of everything after it, the tokens, and the model's state after them.
struct Kept {
    tokens: Vec<LlamaToken>,
    /// `None` for instructions that this process read itself: it has sent their state to the parent, and has them in memory.
    file: Option<File>,
}

impl PromptCache {
    /// Opens files without reading them. Leaves out files that are gone.
    pub fn open(files: &[PathBuf]) -> Vec<File> {
        files.iter().filter_map(|file| File::open(file).ok()).collect()
    }

    /// Reads the tokens of each file. Leaves out files of another format.
    pub fn new(files: Vec<File>) -> Self {
        let read = |mut file: File| Some(Kept { tokens: head(&mut file).ok()?.1, file: Some(file) });
        PromptCache { kept: files.into_iter().filter_map(read).collect() }
    }

    /// The longest beginning of a prompt that a file holds: its index, and its number of tokens.
    pub fn longest(&self, prompt: &[LlamaToken]) -> Option<(usize, usize)> {
        let begins = |kept: &Kept| kept.file.is_some() && kept.tokens.len() < prompt.len() && prompt.starts_with(&kept.tokens);
        let all = self.kept.iter().enumerate().filter(|(_, kept)| begins(kept));
        all.map(|(at, kept)| (at, kept.tokens.len())).max_by_key(|&(_, length)| length)
    }

    /// Loads a state: the number of its tokens, and its bytes. Drops a file that is damaged.
    pub fn load(&mut self, at: usize) -> Option<(usize, Vec<u8>)> {
        let Kept { tokens, file } = self.kept.get_mut(at)?;
        let state = file.as_mut().and_then(|file| state(file).ok());
        if state.is_none() {
            self.forget(at);
            return None;
        }
        state.map(|state| (tokens.len(), state))
    }

    /// Drops a state that is of no use. Its instructions will be read and kept again.
    pub fn forget(&mut self, at: usize) {
        self.kept.remove(at);
    }

    /// Whether these instructions are worth keeping and not in the cache.
    pub fn lacks(&self, instructions: &[LlamaToken]) -> bool {
        (MIN_TOKENS..=MAX_TOKENS).contains(&instructions.len()) && self.kept.iter().all(|kept| kept.tokens != instructions)
    }

    /// Sends a state to the parent, because this process can write no file.
    pub fn keep(&mut self, instructions: &[LlamaToken], state: &[u8], say: &mut dyn FnMut(FromLlama)) {
        let mut body: Vec<u8> = instructions.iter().flat_map(|token| token.0.to_le_bytes()).collect();
        body.extend_from_slice(state);
        let digest = blake3::hash(&body);
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&(instructions.len() as u32).to_le_bytes());
        file.extend_from_slice(digest.as_bytes());
        file.append(&mut body);
        let name = digest.to_hex()[..32].to_owned();
        let mut pieces = file.chunks(PIECE_BYTES).peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            say(FromLlama::Kept { name: name.clone(), piece: BASE64_STANDARD.encode(piece), last });
        }
        self.kept.push(Kept { tokens: instructions.to_vec(), file: None });
    }
}

/// Reads the digest and the tokens of a file. The file is then at the state.
fn head(file: &mut File) -> io::Result<([u8; 32], Vec<LlamaToken>)> {
    let mut fixed = [0; HEAD_BYTES];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut fixed)?;
    let (magic, rest) = fixed.split_at(8);
    let (count, digest) = rest.split_at(4);
    let count = count.try_into().map_or(usize::MAX, |bytes| u32::from_le_bytes(bytes) as usize);
    let digest = digest.try_into().map_err(|_| io::ErrorKind::InvalidData)?;
    if magic != MAGIC || count > MAX_TOKENS {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; count * 4];
    file.read_exact(&mut bytes)?;
    let token = |bytes: &[u8; 4]| LlamaToken(i32::from_le_bytes(*bytes));
    Ok((digest, bytes.as_chunks().0.iter().map(token).collect()))
}

/// Reads the state of a file, and checks its digest.
fn state(file: &mut File) -> io::Result<Vec<u8>> {
    let (digest, tokens) = head(file)?;
    let mut state = Vec::new();
    file.read_to_end(&mut state)?;
    let mut hasher = blake3::Hasher::new();
    for token in &tokens {
        hasher.update(&token.0.to_le_bytes());
    }
    if *hasher.update(&state).finalize().as_bytes() != digest {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(count: i32) -> Vec<LlamaToken> {
        (0..count).map(LlamaToken).collect()
    }

    /// The file that the pieces of a state make.
    fn written(cache: &mut PromptCache, count: i32, state: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        cache.keep(&tokens(count), state, &mut |event| match event {
            FromLlama::Kept { piece, .. } => bytes.extend(BASE64_STANDARD.decode(piece).unwrap()),
            other => panic!("{other:?}"),
        });
        bytes
    }

    fn reopened(folder: &std::path::Path, files: &[Vec<u8>]) -> PromptCache {
        let paths: Vec<PathBuf> = (0..files.len()).map(|at| folder.join(at.to_string())).collect();
        paths.iter().zip(files).for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
        PromptCache::new(PromptCache::open(&paths))
    }

    #[test]
    fn a_kept_state_is_loaded_by_the_next_process() {
        let mut first = PromptCache::new(Vec::new());
        assert!(first.lacks(&tokens(100)) && !first.lacks(&tokens(10)));
        let state = vec![7; 3 * PIECE_BYTES];
        let files = [written(&mut first, 100, &state), written(&mut first, 200, b"other")];
        assert!(!first.lacks(&tokens(100)));
        assert_eq!(first.longest(&tokens(300)), None, "it is in memory");
        let folder = tempfile::tempdir().unwrap();
        let mut next = reopened(folder.path(), &files);
        assert!(!next.lacks(&tokens(100)));
        assert_eq!(next.longest(&tokens(300)), Some((1, 200)));
        assert_eq!(next.longest(&tokens(200)), Some((0, 100)), "at least one token is read");
        assert_eq!(next.longest(&tokens(50)), None);
        assert!(next.load(0) == Some((100, state)));
        for _ in 0..2 {
            assert_eq!(next.load(1), Some((200, b"other".to_vec())));
        }
    }

    #[test]
    fn a_damaged_cut_or_foreign_file_is_not_used() {
        let whole = written(&mut PromptCache::new(Vec::new()), 100, &[9; 1000]);
        let mut changed = whole.clone();
        changed[700] ^= 1;
        let folder = tempfile::tempdir().unwrap();
        let files = [changed, whole[..800].to_vec(), whole[..100].to_vec(), b"hello".to_vec(), Vec::new()];
        let mut cache = reopened(folder.path(), &files);
        while let Some((at, _)) = cache.longest(&tokens(300)) {
            assert_eq!(cache.load(at), None);
        }
        assert!(cache.lacks(&tokens(100)), "it is kept again");
    }
}
