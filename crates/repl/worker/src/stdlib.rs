//! Python's standard library inside the program, as CPython's table of frozen modules. Importing one opens no file.

use pyo3::ffi;
use std::{ffi::CStr, ptr};

static CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stdlib.bin"));
/// Name, whether it is a package, and the offset and length of its code.
static MODULES: &[(&CStr, bool, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/stdlib.rs"));

/// Extension modules: name and shared library.
pub static EXTENSIONS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/extensions.rs"));

/// Hands the library to CPython. Call it before Python starts, which needs the text encodings in it.
pub fn install() {
    let mut table: Vec<ffi::_frozen> = MODULES
        .iter()
        .map(|&(name, package, offset, length)| ffi::_frozen {
            name: name.as_ptr(),
            code: CODE[offset..][..length].as_ptr(),
            size: length as i32,
            is_package: i32::from(package),
            get_code: None,
        })
        .collect();
    table.push(ffi::_frozen { name: ptr::null(), code: ptr::null(), size: 0, is_package: 0, get_code: None });
    // SAFETY: called once, before Python runs; the table lives as long as the process.
    unsafe { ffi::PyImport_FrozenModules = table.leak().as_ptr() };
}
