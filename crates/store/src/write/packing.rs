//! Compression of long texts. Compressed data is recognised by its first four bytes, with which no UTF-8 text starts.

use crate::fault;
use plumb_rlm::fault::Fault;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Minimum size for compression, in bytes: below it, compression saves less than a database page.
const MIN_COMPRESSED_BYTES: usize = 1024;

pub(crate) fn pack(text: &str) -> Vec<u8> {
    if text.len() < MIN_COMPRESSED_BYTES {
        return text.as_bytes().to_vec();
    }
    // Compression fails only if memory runs out. The plain text is a valid form too.
    zstd::bulk::compress(text.as_bytes(), 3).unwrap_or_else(|_| text.as_bytes().to_vec())
}

pub(crate) fn unpack(bytes: Vec<u8>) -> Result<String, Fault> {
    let bytes = if bytes.starts_with(&ZSTD_MAGIC) {
        zstd::decode_all(bytes.as_slice()).map_err(|_| fault::damaged("a text cannot be unpacked"))?
    } else {
        bytes
    };
    String::from_utf8(bytes).map_err(|_| fault::damaged("a text is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::fault::Code;

    #[test]
    fn packed_texts_of_any_length_unpack_unchanged() {
        for text in [String::new(), "(µ/ý".into(), "äöü ".repeat(100_000)] {
            assert_eq!(unpack(pack(&text)).unwrap(), text);
        }
        assert!(pack(&"page ".repeat(100_000)).len() < 1000);
    }

    #[test]
    fn a_broken_text_is_damaged() {
        let mut packed = pack(&"page ".repeat(1000));
        packed.truncate(packed.len() / 2);
        assert_eq!(unpack(packed).unwrap_err().code, Code::Damaged);
        assert_eq!(unpack(vec![0xff, 0xfe]).unwrap_err().code, Code::Damaged);
    }
}
