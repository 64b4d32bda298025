//! The main part of a DOCX.

#![no_main]

use plumb_extract::Family;
use plumb_extract_fuzz::{packed, read};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read(Family::Zip, &packed("word/document.xml", bytes, &[("[Content_Types].xml", "<Types/>")])));
