//! Plain text of any encoding, and the recognition of readers.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = plumb_extract::reader_of(&bytes[..bytes.len().min(plumb_extract::HEAD)], "a.txt");
    if let Ok(text) = plumb_extract::decode_text(bytes) {
        assert!(!text.contains('\r'));
        let _ = plumb_extract::places_in(plumb_extract::Kind::Subtitles, &text);
    }
});
