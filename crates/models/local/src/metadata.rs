//! The metadata at the head of a model's file, read without building the vocabulary, which takes a third of a second.

use llama_cpp_sys_2 as llama;
use std::ffi::{CStr, CString};
use std::ptr::NonNull;

/// The metadata of a GGUF file: names with values.
pub struct Metadata(NonNull<llama::gguf_context>);

impl Metadata {
    /// Reads it. `None` when the file is not GGUF; llama.cpp has logged the reason.
    ///
    /// # Safety
    /// The stream is open.
    pub unsafe fn read(stream: NonNull<libc::FILE>) -> Option<Self> {
        let params = llama::gguf_init_params { no_alloc: true, ctx: std::ptr::null_mut() };
        // SAFETY: the caller's stream is open. Without a context llama.cpp reads no weights.
        unsafe {
            libc::rewind(stream.as_ptr());
            NonNull::new(llama::gguf_init_from_file_ptr(stream.as_ptr().cast(), params)).map(Metadata)
        }
    }

    /// The text under a name; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        self.c_text(name).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The text under a name, as llama.cpp takes it.
    pub fn c_text(&self, name: &str) -> Option<&CStr> {
        let (at, kind) = self.find(name)?;
        // SAFETY: the index is one of this metadata's, and its value is a text, which ends with a zero and lives as long as the metadata.
        (kind == llama::GGUF_TYPE_STRING).then(|| unsafe { CStr::from_ptr(llama::gguf_get_val_str(self.0.as_ptr(), at)) })
    }

    /// The numbers under a name: one for all layers, or a list with one for each layer.
    pub fn numbers(&self, name: &str) -> Option<Vec<u64>> {
        let (at, kind) = self.find(name)?;
        let head = self.0.as_ptr();
        // SAFETY: the index is one of this metadata's, and each value is read as its own type; a list holds as many numbers as it says.
        unsafe {
            let (kind, count, data) = match kind {
                llama::GGUF_TYPE_STRING => return None,
                llama::GGUF_TYPE_ARRAY => match llama::gguf_get_arr_type(head, at) {
                    llama::GGUF_TYPE_STRING => return None,
                    kind => (kind, llama::gguf_get_arr_n(head, at), llama::gguf_get_arr_data(head, at)),
                },
                kind => (kind, 1, llama::gguf_get_val_data(head, at)),
            };
            let number = |index: usize| match kind {
                llama::GGUF_TYPE_UINT32 => Some(data.cast::<u32>().add(index).read_unaligned().into()),
                llama::GGUF_TYPE_INT32 => data.cast::<i32>().add(index).read_unaligned().try_into().ok(),
                llama::GGUF_TYPE_UINT64 => Some(data.cast::<u64>().add(index).read_unaligned()),
                _ => None,
            };
            (0..count).map(number).collect()
        }
    }

    fn find(&self, name: &str) -> Option<(i64, llama::gguf_type)> {
        let name = CString::new(name).ok()?;
        // SAFETY: the name ends with a zero. An index that is not negative is one of this metadata's.
        unsafe {
            let at = llama::gguf_find_key(self.0.as_ptr(), name.as_ptr());
            (at >= 0).then(|| (at, llama::gguf_get_kv_type(self.0.as_ptr(), at)))
        }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        // SAFETY: this value owns the context, and nothing uses it afterwards.
        unsafe { llama::gguf_free(self.0.as_ptr()) }
    }
}
