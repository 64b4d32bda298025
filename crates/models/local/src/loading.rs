//! From an open file to a model in memory. The process opens the file before it is sealed and reads it afterwards, so a file made to break its
//! reader gains nothing.

use crate::graphics::Card;
use crate::metadata::Metadata;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_sys_2 as llama;
use parking_lot::Mutex;
use plumb_llama_protocol::FileFacts;
use std::ffi::{CStr, CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::NonNull;

/// A model's file, open.
pub struct OpenFile {
    stream: NonNull<libc::FILE>,
    name: String,
    bytes: u64,
}

impl OpenFile {
    /// Opens the file without reading it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let cannot = |error: std::io::Error| format!("{} cannot be opened ({error}).", path.display());
        let metadata = std::fs::metadata(path).map_err(cannot)?;
        if !metadata.is_file() {
            return Err(format!("{} is not a file.", path.display()));
        }
        let c_path = CString::new(path.as_os_str().as_bytes()).map_err(|error| error.to_string())?;
        // SAFETY: both strings end with a zero and outlive the call.
        let stream = NonNull::new(unsafe { libc::fopen(c_path.as_ptr(), c"rb".as_ptr()) });
        let stream = stream.ok_or_else(|| cannot(std::io::Error::last_os_error()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(OpenFile { stream, name, bytes: metadata.len() })
    }

    /// Reads the file's metadata.
    pub fn facts(&self) -> Result<FileFacts, String> {
        // SAFETY: the stream is open for the life of `self`.
        let head = unsafe { Metadata::read(self.stream) }.ok_or_else(|| self.refusal())?;
        let architecture = head.text("general.architecture");
        let numbers = |key: &str| head.numbers(&format!("{architecture}.{key}")).unwrap_or_default();
        let number = |key: &str| numbers(key).into_iter().max();
        let heads = number("attention.head_count").unwrap_or(1).max(1);
        let width = number("embedding_length").unwrap_or(0) / heads;
        let (key, value) = (number("attention.key_length"), number("attention.value_length"));
        let of_a_head = key.unwrap_or(width).saturating_add(value.unwrap_or(width));
        let layers = number("block_count").unwrap_or(0);
        // A list has a number for each layer; a recurrent layer, which keeps no tokens, has 0.
        let kept_heads = match numbers("attention.head_count_kv")[..] {
            [] => layers.saturating_mul(heads),
            [one] => layers.saturating_mul(one),
            ref each => each.iter().fold(0, |sum: u64, heads| sum.saturating_add(*heads)),
        };
        let token_bytes = kept_heads.saturating_mul(of_a_head).saturating_mul(2);
        Ok(FileFacts {
            name: head.text("general.name"),
            parameters: head.text("general.size_label"),
            bytes: self.bytes,
            window: number("context_length").and_then(|window| u32::try_from(window).ok()).unwrap_or(0),
            token_bytes,
            knows_chat: head.c_text("tokenizer.chat_template").is_some_and(recognises),
            architecture,
        })
    }

    /// Checks that llama.cpp can run the model: that it knows the architecture and the vocabulary.
    pub fn check(&self) -> Result<(), String> {
        self.read(true, None, &mut |_| {}).map(drop)
    }

    /// Loads the model into the memory of a card or of the computer. `on_part` gets the part that is loaded, 0 to 1.
    pub fn load(&self, card: Option<&Card>, on_part: &mut dyn FnMut(f32)) -> Result<LlamaModel, String> {
        self.read(false, card, on_part)
    }

    fn read(&self, vocabulary_only: bool, card: Option<&Card>, mut on_part: &mut dyn FnMut(f32)) -> Result<LlamaModel, String> {
        unsafe extern "C" fn part(part: f32, on_part: *mut c_void) -> bool {
            // SAFETY: the pointer is the one given with this function, and used only while `read` runs.
            unsafe { (*on_part.cast::<&mut dyn FnMut(f32)>())(part) };
            true
        }
        // SAFETY: the stream is open for the life of `self`, and `on_part` outlives the call. A pointer that is not null is a model that nothing
        // else owns. `LlamaModel` is a transparent wrapper of such a pointer, but has no constructor for an open file.
        unsafe {
            libc::rewind(self.stream.as_ptr());
            let mut params = llama::llama_model_default_params();
            params.vocab_only = vocabulary_only;
            // A list that a null ends. Without it llama.cpp would use all cards.
            let mut devices = [card.map_or(std::ptr::null_mut(), Card::device), std::ptr::null_mut()];
            params.devices = devices.as_mut_ptr();
            params.n_gpu_layers = if card.is_some() { i32::MAX } else { 0 };
            // The seal limits memory, and maps of files do not count, so the file is not mapped.
            params.load_mode = llama::LLAMA_LOAD_MODE_NONE;
            params.progress_callback = Some(part);
            params.progress_callback_user_data = (&raw mut on_part).cast();
            let model = NonNull::new(llama::llama_model_load_from_file_ptr(self.stream.as_ptr().cast(), params));
            let model = model.ok_or_else(|| self.refusal())?;
            Ok(std::mem::transmute::<NonNull<llama::llama_model>, LlamaModel>(model))
        }
    }

    fn refusal(&self) -> String {
        let why = std::mem::take(&mut *FIRST_ERROR.lock());
        let what = if let Some((_, kind)) = why.split_once("unknown model architecture: ") {
            format!("{} has an architecture ({}) that this version of Plumb cannot run.", self.name, kind.trim_matches('\''))
        } else if why.contains("magic") {
            format!("{} is not a model in the GGUF format.", self.name)
        } else if why.contains("not within the file bounds")
            || why.contains("failed to read")
            || why.contains("unexpectedly reached")
        {
            format!("{} is cut short: its end is missing.", self.name)
        } else if why.is_empty() {
            format!("{} cannot be read as a model.", self.name)
        } else {
            format!("{} cannot be read as a model ({why}).", self.name)
        };
        format!("{what} Download it again, or choose another one.")
    }
}

/// Whether llama.cpp recognises this chat template.
fn recognises(template: &CStr) -> bool {
    let message = llama::llama_chat_message { role: c"user".as_ptr(), content: c"x".as_ptr() };
    let mut laid_out = [0; 4096];
    // SAFETY: texts that end with a zero, one message, and a buffer with its length.
    let length = unsafe {
        llama::llama_chat_apply_template(
            template.as_ptr(),
            &raw const message,
            1,
            true,
            laid_out.as_mut_ptr(),
            laid_out.len() as i32,
        )
    };
    length >= 0
}

/// The first error that llama.cpp logged since the last refusal.
static FIRST_ERROR: Mutex<String> = Mutex::new(String::new());

/// Keeps llama.cpp's errors, and drops the rest of its log.
pub fn listen_to_errors() {
    unsafe extern "C" fn hear(level: llama::ggml_log_level, text: *const c_char, _: *mut c_void) {
        if level == llama::GGML_LOG_LEVEL_ERROR && !text.is_null() {
            // SAFETY: llama.cpp hands in a string that ends with a zero.
            let text = unsafe { CStr::from_ptr(text) }.to_string_lossy().trim().to_owned();
            let mut first = FIRST_ERROR.lock();
            // The first error is the cause; later ones only say who passed it on.
            if first.is_empty() {
                *first = text;
            }
        }
    }
    // SAFETY: the function lives as long as the program and takes no data.
    unsafe { llama::llama_log_set(Some(hear), std::ptr::null_mut()) };
}
