//! The compression of RTF in Outlook's messages ([MS-OXRTFCP]).

/// Initial content of the window.
const INITIAL_WINDOW: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW_BYTES: usize = 4096;
/// Largest body; a larger size means the file is damaged.
const MAX_BODY_BYTES: usize = 256 << 20;

/// Decompresses RTF. `None` if it is damaged.
pub fn decompressed(packed: &[u8]) -> Option<Vec<u8>> {
    let (head, content) = packed.split_first_chunk::<16>()?;
    let size = usize::try_from(u32::from_le_bytes(*head[4..].first_chunk()?)).ok()?.min(MAX_BODY_BYTES);
    match &head[8..12] {
        b"MELA" => return Some(content[..size.min(content.len())].to_vec()),
        b"LZFu" => {}
        _ => return None,
    }
    let mut window = [b' '; WINDOW_BYTES];
    window[..INITIAL_WINDOW.len()].copy_from_slice(INITIAL_WINDOW);
    let mut at = INITIAL_WINDOW.len();
    let mut out = Vec::new();
    let mut from = content.iter().copied();
    'runs: while let Some(flags) = from.next() {
        for bit in 0..8 {
            if out.len() >= size {
                break 'runs;
            }
            let Some(first) = from.next() else { break 'runs };
            if flags & 1 << bit == 0 {
                window[at] = first;
                at = (at + 1) % WINDOW_BYTES;
                out.push(first);
                continue;
            }
            let Some(second) = from.next() else { break 'runs };
            let reference = usize::from(u16::from_be_bytes([first, second]));
            let (offset, length) = (reference >> 4, (reference & 0xf) + 2);
            if offset == at {
                break 'runs;
            }
            for n in 0..length {
                let byte = window[(offset + n) % WINDOW_BYTES];
                window[at] = byte;
                at = (at + 1) % WINDOW_BYTES;
                out.push(byte);
            }
        }
    }
    out.truncate(size);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specification_examples_are_decompressed() {
        assert_eq!(INITIAL_WINDOW.len(), 207);
        let example = [
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0, 0x0a, 0, 0x72, 0x63, 0x70,
            0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c,
            0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
        ];
        assert_eq!(decompressed(&example).as_deref(), Some(b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n".as_slice()));
        let repeated = [
            0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0, 0x04, 0x20, 0x57, 0x58, 0x59,
            0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
        ];
        assert_eq!(decompressed(&repeated).as_deref(), Some(b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}".as_slice()));
        assert_eq!(decompressed(b"short"), None);
    }
}
