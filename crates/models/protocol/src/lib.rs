//! The frames between Plumb and its model process `plumb-llama`, over the process's standard input and output.
//!
//! The process is sealed, so this crate depends on nothing that reaches a network.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Replies generated at the same time, and conversations kept in memory.
pub const SLOTS: u32 = 8;
/// Maximum length of a frame, in bytes. A longer one means that the stream is not this protocol.
pub const MAX_FRAME_BYTES: u32 = 64 << 20;

/// From Plumb to the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ToLlama {
    /// Loads a model. The first frame, and only the first: afterwards the process can open no file.
    Load {
        /// The GGUF file.
        model: PathBuf,
        /// Input and output tokens that must fit together.
        window: u32,
        /// Files of instructions that an earlier process read, as [`FromLlama::Kept`] gave them.
        #[serde(default)]
        prompt_cache: Vec<PathBuf>,
        /// The process may use a graphics card.
        #[serde(default)]
        graphics: bool,
    },
    /// Instead of `Load`: reports this computer's hardware. The process then ends.
    Examine {
        /// Looks for a graphics card.
        graphics: bool,
    },
    /// Instead of `Load`: reports the file's metadata. The process then ends.
    Describe {
        /// The GGUF file.
        model: PathBuf,
    },
    /// Asks for a reply.
    Complete {
        /// Identifies the job in the frames that answer it.
        id: u64,
        /// The reply asked for.
        job: Job,
    },
    /// Asks a model for search by meaning for the vectors of texts.
    Embed {
        /// Identifies the job in the frame that answers it.
        id: u64,
        /// The texts.
        texts: Vec<String>,
    },
    /// No conversation of this group continues.
    Forget {
        /// The group.
        group: u64,
    },
    /// Cancels a job. Its `Done` still comes.
    Cancel {
        /// The job.
        id: u64,
    },
}

/// A GGUF file's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// The model's own name; may be empty.
    pub name: String,
    /// The architecture, as llama.cpp names it: `qwen2`.
    pub architecture: String,
    /// The number of parameters, in words: `1.5B`; may be empty.
    pub parameters: String,
    /// Length of the file, which its weights also take in memory.
    pub bytes: u64,
    /// Context length in training, in tokens; 0 where the file does not say.
    pub window: u32,
    /// Memory for each token of context, in bytes.
    pub token_bytes: u64,
    /// Its chat template is one that llama.cpp recognises. Otherwise ChatML is used.
    pub knows_chat: bool,
}

impl FileFacts {
    /// Memory that the model needs with `tokens` of context, in bytes.
    pub fn memory(&self, tokens: u32) -> u64 {
        /// Buffers of one step, and the program itself.
        const WORKING_BYTES: u64 = 512 << 20;
        u64::from(tokens).saturating_mul(self.token_bytes).saturating_add(self.bytes).saturating_add(WORKING_BYTES)
    }
}

/// Whether the model is in a graphics card's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Graphics {
    /// llama.cpp found no usable card, or was told not to use one.
    #[default]
    None,
    /// The model is on the card.
    Used {
        /// The card, as its driver names it.
        card: String,
    },
    /// There is a card, and the model is not on it.
    Unused {
        /// The card, as its driver names it.
        card: String,
        /// The reason, in words that follow "it is not used:".
        why: String,
    },
}

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// Plumb.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// Its text.
    pub content: String,
}

/// A reply asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Text that the reply begins with.
    #[serde(default)]
    pub prefill: Option<String>,
    /// Maximum number of generated tokens.
    pub max_output_tokens: u32,
    /// Sampling temperature; 0 always takes the likeliest token.
    pub temperature: f32,
    /// Samples among this many of the likeliest tokens.
    pub top_k: i32,
    /// Samples among the likeliest tokens that make up this share of the probability.
    pub top_p: f32,
    /// Seed of the sampling.
    pub seed: u32,
    /// The reply ends before any of these.
    #[serde(default)]
    pub stop: Vec<String>,
    /// Instead of a reply: the log-likelihoods of these continuations, each of one line. The text has a line for each: the number, a space and the
    /// continuation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Instead of a reply: how closely the model attends, from the last message, to each of these passages, which it reads before that message. The
    /// text has a line for each: the attention, a space and the passage's number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<String>,
    /// A later job will begin with these messages.
    #[serde(default)]
    pub grows: bool,
    /// The group that the conversation belongs to.
    #[serde(default)]
    pub group: u64,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done, a stop text came, or the job was cancelled.
    Stop,
    /// The reply reached its token limit.
    Length,
}

/// Exact token counts of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All input tokens, cached ones included.
    pub input_tokens: u64,
    /// Input tokens that were in memory and not read again.
    pub cached_input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The prompt does not fit in the context window.
    TooLong,
    /// The model needs more memory than is free.
    TooLarge,
    /// The file is not a usable model.
    WrongFile,
    /// A graphics card's driver failed.
    Graphics,
    /// Any other failure of the process.
    Internal,
}

/// From the process to Plumb.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FromLlama {
    /// Answers `Describe`.
    Described {
        /// The file's metadata.
        facts: FileFacts,
    },
    /// Answers `Examine`.
    Examined {
        /// Threads that would work.
        threads: u32,
        /// The build of the arithmetic chosen for this processor.
        cpu: String,
        /// The graphics card that llama.cpp can use.
        card: Option<String>,
    },
    /// The process looks for a graphics card: until `Opened` comes, a driver can end the process.
    Opening,
    /// The process opened the card, if there is one. From now on its driver takes part in the work.
    Opened {
        /// The card, as its driver names it.
        card: Option<String>,
    },
    /// The model is being loaded.
    Loading {
        /// The part in memory, 0 to 1.
        part: f32,
    },
    /// The model is ready.
    Loaded {
        /// Input and output tokens that fit together.
        window: u32,
        /// Threads at work.
        threads: u32,
        /// The build of the arithmetic chosen for this processor.
        cpu: String,
        /// The layers of sealing that hold.
        sealed: Vec<String>,
        /// The layers that this computer lacks, or that did not hold.
        open: Vec<String>,
        /// Whether a graphics card does the work.
        graphics: Graphics,
    },
    /// The state after instructions that the prompt cache lacks: kept in a file, it saves the next process from reading them. It comes in pieces, before the
    /// `Done` of the job that read them.
    Kept {
        /// Identifies the instructions.
        name: String,
        /// Base64.
        piece: String,
        /// The last piece.
        last: bool,
    },
    /// The next piece of a reply.
    Text {
        /// The job.
        id: u64,
        /// The piece.
        text: String,
    },
    /// Answers `Embed`.
    Embedded {
        /// The job.
        id: u64,
        /// A vector of length 1 for each text.
        vectors: Vec<Vec<f32>>,
    },
    /// A reply is complete, or was cancelled.
    Done {
        /// The job.
        id: u64,
        /// Why it ended.
        finish: Finish,
        /// Token counts.
        usage: Usage,
        /// Time to read the prompt, in milliseconds.
        prompt_ms: u64,
        /// Time to write the reply, in milliseconds.
        reply_ms: u64,
    },
    /// A job, or loading, failed.
    Failed {
        /// The job; absent when loading failed.
        id: Option<u64>,
        /// The kind of failure.
        kind: FailureKind,
        /// What happened and what to do next.
        message: String,
    },
}
