//! The graphics card, where llama.cpp finds a usable one.

use llama_cpp_sys_2 as llama;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// llama.cpp's library for graphics cards (scripts/vulkan.sh). Loading it wakes the drivers, so it has a name that llama.cpp does not look for.
const LIBRARY: &str = "libplumb-graphics.so";

/// A graphics card.
pub struct Card {
    device: llama::ggml_backend_dev_t,
    /// As its driver names it.
    pub name: String,
}

impl Card {
    /// Finds a card with its own memory, or else one that shares the computer's. The library is in the programs' folder.
    pub fn find(programs: &Path) -> Option<Self> {
        let library = programs.join(LIBRARY);
        let path = CString::new(library.as_os_str().as_bytes()).ok().filter(|_| library.exists())?;
        // SAFETY: the path ends with a zero and outlives the call. Null means that it cannot be loaded, for instance without Vulkan.
        if unsafe { llama::ggml_backend_load(path.as_ptr()) }.is_null() {
            return None;
        }
        [llama::GGML_BACKEND_DEVICE_TYPE_GPU, llama::GGML_BACKEND_DEVICE_TYPE_IGPU].into_iter().find_map(|kind| {
            // SAFETY: llama.cpp creates its lists of devices when it loads its libraries; they and their names live as long as the process.
            unsafe {
                let device = llama::ggml_backend_dev_by_type(kind);
                let name = (!device.is_null()).then(|| CStr::from_ptr(llama::ggml_backend_dev_description(device)))?;
                Some(Card { device, name: name.to_string_lossy().into_owned() })
            }
        })
    }

    /// Has its driver open it for the life of this process. After sealing that is no longer possible.
    pub fn open(&self) -> Result<(), String> {
        // SAFETY: the device lives as long as the process. The returned backend is never freed.
        let backend = unsafe { llama::ggml_backend_dev_init(self.device, std::ptr::null()) };
        if backend.is_null() { Err(format!("{} cannot be opened.", self.name)) } else { Ok(()) }
    }

    /// Its free memory, in bytes.
    pub fn free_memory(&self) -> u64 {
        let (mut free, mut total) = (0, 0);
        // SAFETY: both numbers outlive the call.
        unsafe { llama::ggml_backend_dev_memory(self.device, &raw mut free, &raw mut total) };
        free as u64
    }

    /// The device, for llama.cpp's list of devices to use.
    pub fn device(&self) -> llama::ggml_backend_dev_t {
        self.device
    }
}
