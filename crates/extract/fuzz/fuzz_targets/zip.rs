//! ZIP files.

#![no_main]

use plumb_extract::Family;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_extract_fuzz::read(Family::Zip, bytes));
