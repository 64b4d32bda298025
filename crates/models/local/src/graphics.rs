//! The graphics card, where llama.cpp finds one that it can use.

use llama_cpp_sys_2 as llama;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// llama.cpp's library for them (scripts/vulkan.sh). It goes by a name that llama.cpp does not look for: to load it wakes the drivers.
const LIBRARY: &str = "libplumb-graphics.so";

/// A graphics card.
pub struct Card {
    device: llama::ggml_backend_dev_t,
    /// As its driver names it.
    pub name: String,
}

impl Card {
    /// One with a memory of its own, or else one that shares the computer's. The library lies beside the programs.
    pub fn find(programs: &Path) -> Option<Self> {
        let library = programs.join(LIBRARY);
        let path = CString::new(library.as_os_str().as_bytes()).ok().filter(|_| library.exists())?;
        // SAFETY: the path ends with a zero and outlives the call. Null: it cannot be loaded, as where there is no Vulkan.
        if unsafe { llama::ggml_backend_load(path.as_ptr()) }.is_null() {
            return None;
        }
        [llama::GGML_BACKEND_DEVICE_TYPE_GPU, llama::GGML_BACKEND_DEVICE_TYPE_IGPU].into_iter().find_map(|kind| {
            // SAFETY: the lists of devices are made when llama.cpp's libraries are loaded, and live as long as the process, like the names in them.
            unsafe {
                let device = llama::ggml_backend_dev_by_type(kind);
                let name = (!device.is_null()).then(|| CStr::from_ptr(llama::ggml_backend_dev_description(device)))?;
                Some(Card { device, name: name.to_string_lossy().into_owned() })
            }
        })
    }

    /// Has its driver open it, for as long as this process lives: once that is sealed it is too late.
    pub fn open(&self) -> Result<(), String> {
        // SAFETY: the device lives as long as the process. What this gives is never freed.
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

    /// For llama.cpp's list of devices to use.
    pub fn device(&self) -> llama::ggml_backend_dev_t {
        self.device
    }
}
