//! The environment variables of this process. Where a user's command starts the worker, they are the user's and may hold keys.

use std::ptr;

unsafe extern "C" {
    static mut environ: *mut *mut libc::c_char;
}

/// Clears the environment and overwrites its memory, so that the code of cells finds none of it.
///
/// Call it only while the process has one thread.
pub fn forget() {
    // SAFETY: no other thread reads or changes the list. It ends with a null, and this process may write its strings.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            ptr::write_bytes(*entry, 0, libc::strlen(*entry));
            entry = entry.add(1);
        }
        libc::clearenv();
    }
}
