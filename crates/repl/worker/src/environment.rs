//! The environment that this program was started in: where a command of the user's starts it, the user's, which may hold keys.

use std::ptr;

unsafe extern "C" {
    static mut environ: *mut *mut libc::c_char;
}

/// Empties it, and overwrites what stood in it: code that runs here finds nothing of it, wherever it looks.
///
/// Only while there is no other thread.
pub fn forget() {
    // SAFETY: no other thread reads or changes the list; it ends with a null, and its texts lie in memory that is ours to write.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            ptr::write_bytes(*entry, 0, libc::strlen(*entry));
            entry = entry.add(1);
        }
        libc::clearenv();
    }
}
