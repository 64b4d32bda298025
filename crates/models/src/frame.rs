//! What Plumb and its model process `plumb-llama` say to each other: frames over the process's standard input and output, each a
//! little-endian `u32` length and that many bytes of JSON.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};
use std::path::PathBuf;

pub use plumb_rlm::{
    traits::model::{Message, Role},
    usage::{Finish, Usage},
};

/// Replies that are made at once, and conversations kept in memory.
pub const SLOTS: u32 = 8;
/// No frame is longer: a length beyond it means that the stream is not ours.
pub const MAX_FRAME: usize = 64 << 20;

/// From Plumb to the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ToLlama {
    /// The first frame, and only the first: afterwards the process can open no file.
    Load {
        /// The GGUF file.
        model: PathBuf,
        /// Input and output tokens that are to fit together.
        window: u32,
        /// Files of instructions that were read before, as [`FromLlama::Kept`] gave them.
        #[serde(default)]
        prompt_cache: Vec<PathBuf>,
        /// A graphics card may be used, where there is one.
        #[serde(default)]
        graphics: bool,
    },
    /// Instead of the first: only say what this computer has. The process then ends.
    Examine {
        /// A graphics card is looked for.
        graphics: bool,
    },
    /// Instead of the first: only say what the file is. The process then ends.
    Describe {
        /// The GGUF file.
        model: PathBuf,
    },
    /// Answer.
    Complete {
        /// Named by the answers to it.
        id: u64,
        /// What to answer.
        job: Job,
    },
    /// No conversation of this group goes on.
    Forget {
        /// Which.
        group: u64,
    },
    /// Stop working on a job. Its `Done` still comes.
    Cancel {
        /// The job.
        id: u64,
    },
}

/// What a GGUF file says of its model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The model's own name; may be empty.
    pub name: String,
    /// Its kind, as llama.cpp names it: `qwen2`.
    pub architecture: String,
    /// How many numbers it is made of, in words: `1.5B`; may be empty.
    pub parameters: String,
    /// Length of the file, which its weights take in memory too.
    pub bytes: u64,
    /// The most tokens it was trained to read; 0: it does not say.
    pub window: u32,
    /// Memory for each token of text that it keeps, in bytes.
    pub token_bytes: u64,
    /// It has a form for conversations that llama.cpp knows. Otherwise ChatML is used.
    pub knows_chat: bool,
}

impl Facts {
    /// Memory that it takes with room for so many tokens of text, in bytes.
    pub fn memory(&self, tokens: u32) -> u64 {
        /// The numbers of one step, and the program itself.
        const WORK: u64 = 512 << 20;
        u64::from(tokens).saturating_mul(self.token_bytes).saturating_add(self.bytes).saturating_add(WORK)
    }
}

/// Whether the model is in a graphics card's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Graphics {
    /// There is no card that llama.cpp can use, or none was to be used.
    #[default]
    None,
    /// It is.
    Used {
        /// As its driver names it.
        card: String,
    },
    /// It is not, though there is a card.
    Unused {
        /// As its driver names it.
        card: String,
        /// In words that follow "it is not used:".
        why: String,
    },
}

/// One reply asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Text that the reply begins with.
    #[serde(default)]
    pub prefill: Option<String>,
    /// The most tokens generated.
    pub max_output_tokens: u32,
    /// 0: always the likeliest token.
    pub temperature: f32,
    /// Among how many of the likeliest tokens to choose.
    pub top_k: i32,
    /// Among the likeliest tokens that make up this share.
    pub top_p: f32,
    /// Of the choosing.
    pub seed: u32,
    /// The reply ends before any of these.
    #[serde(default)]
    pub stop: Vec<String>,
    /// A later job will begin with these messages.
    #[serde(default)]
    pub grows: bool,
    /// Whose conversation it is.
    #[serde(default)]
    pub group: u64,
}

/// From the process to Plumb.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FromLlama {
    /// What the file is.
    Described {
        /// What it says of itself.
        facts: Facts,
    },
    /// What this computer has.
    Examined {
        /// Threads that would be at work.
        threads: u32,
        /// Which build of the arithmetic was chosen for this processor.
        cpu: String,
        /// The graphics card that llama.cpp can use.
        card: Option<String>,
    },
    /// A graphics card is about to be looked for: until `Opened` comes a driver can end this process.
    Opening,
    /// And it was opened, if there is one. Its driver has to do with what follows.
    Opened {
        /// As its driver names it.
        card: Option<String>,
    },
    /// The model is being loaded.
    Loading {
        /// How much of it is in memory, 0 to 1.
        part: f32,
    },
    /// The model is ready.
    Loaded {
        /// Input and output tokens that fit together.
        window: u32,
        /// Threads at work.
        threads: u32,
        /// Which build of the arithmetic was chosen for this processor.
        cpu: String,
        /// The layers of sealing that hold.
        sealed: Vec<String>,
        /// What they leave open, or do not have here.
        open: Vec<String>,
        /// Whether a graphics card does the work.
        graphics: Graphics,
    },
    /// Instructions were read that were not in the prompt cache: what to keep of them, so that the next process need not read them. It comes
    /// in pieces, before the `Done` of the job that had them read.
    Kept {
        /// Names these instructions.
        name: String,
        /// Base64.
        piece: String,
        /// There is no more.
        last: bool,
    },
    /// The next piece of the reply.
    Text {
        /// The job.
        id: u64,
        /// The piece.
        text: String,
    },
    /// The reply is complete, or was cancelled.
    Done {
        /// The job.
        id: u64,
        /// Why it ended.
        finish: Finish,
        /// Tokens, exact.
        usage: Usage,
        /// Milliseconds of reading the prompt.
        prompt_ms: u64,
        /// Milliseconds of writing the reply.
        reply_ms: u64,
    },
    /// It could not be done.
    Failed {
        /// The job; absent: loading.
        id: Option<u64>,
        /// `too_long`, `too_large` (more than this computer's memory), `wrong_file`, `graphics` (its driver failed) or `local_model`.
        code: String,
        /// In plain words.
        message: String,
    },
}

/// One frame's bytes.
///
/// # Errors
/// When the value cannot be written as JSON or is longer than [`MAX_FRAME`].
pub fn encode<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, value)?;
    let length = checked_length(bytes.len() - 4)?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// Writes one frame and flushes.
///
/// # Errors
/// As [`encode`], and when writing fails.
pub fn write<T: Serialize>(to: &mut impl Write, value: &T) -> io::Result<()> {
    to.write_all(&encode(value)?)?;
    to.flush()
}

/// Reads one frame; `None` at the end of the stream.
///
/// # Errors
/// When the stream ends inside a frame, or holds anything but a frame of `T`.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read(&mut length[..1])? {
        0 => return Ok(None),
        _ => from.read_exact(&mut length[1..])?,
    }
    let mut bytes = vec![0; length_of(length)?];
    from.read_exact(&mut bytes)?;
    Ok(Some(serde_json::from_slice(&bytes)?))
}

/// The length that a frame's first four bytes announce.
///
/// # Errors
/// When it is beyond [`MAX_FRAME`].
pub fn length_of(bytes: [u8; 4]) -> io::Result<usize> {
    checked_length(u32::from_le_bytes(bytes) as usize).map(|length| length as usize)
}

fn checked_length(length: usize) -> io::Result<u32> {
    u32::try_from(length)
        .ok()
        .filter(|_| length <= MAX_FRAME)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_reads_back_as_it_was_written() {
        let frames = [ToLlama::Cancel { id: 7 }, ToLlama::Describe { model: "é\n".into() }];
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| encode(frame).unwrap()).collect();
        let mut from = bytes.as_slice();
        assert_eq!(read::<ToLlama>(&mut from).unwrap().as_ref(), Some(&frames[0]));
        assert_eq!(read::<ToLlama>(&mut from).unwrap().as_ref(), Some(&frames[1]));
        assert_eq!(read::<ToLlama>(&mut from).unwrap(), None);
    }

    #[test]
    fn a_huge_length_is_refused_before_memory_is_taken_for_it() {
        assert!(read::<ToLlama>(&mut [0xff, 0xff, 0xff, 0xff, b'{'].as_slice()).is_err());
    }

    #[test]
    fn a_frame_cut_short_is_an_error_and_not_an_end() {
        let bytes = encode(&ToLlama::Cancel { id: 7 }).unwrap();
        assert!(read::<ToLlama>(&mut &bytes[..2]).is_err());
        assert!(read::<ToLlama>(&mut &bytes[..bytes.len() - 1]).is_err());
    }
}
