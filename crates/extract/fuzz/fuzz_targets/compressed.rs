//! Compressed files and compressed TARs; the first byte chooses the compression.

#![no_main]

use plumb_extract::Family;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let families = [Family::Gzip, Family::Bzip2, Family::Xz, Family::Zstd];
    plumb_extract_fuzz::read(families[usize::from(choice % 4)], bytes);
});
