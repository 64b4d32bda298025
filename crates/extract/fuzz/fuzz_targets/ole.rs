//! DOC, PPT, XLS, MSG. The XLS library panics on damaged files; the product catches that, and so does this target.

#![no_main]

use plumb_extract::Family;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    set_hook(Box::new(|_| {}));
    let read = catch_unwind(AssertUnwindSafe(|| plumb_extract_fuzz::read(Family::Ole, bytes)));
    // Only that library may panic. A workbook is recognised by its stream name, in UTF-16.
    let is_workbook = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).any(|part| part.eq_ignore_ascii_case(&wide))
    };
    if read.is_err() && !is_workbook("Workbook") && !is_workbook("Book") {
        std::process::abort();
    }
});
