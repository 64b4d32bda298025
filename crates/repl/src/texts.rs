//! How a worker gets texts.

use plumb_rlm::traits::corpus::Placement;
use std::{fs::File, io, os::unix::fs::FileExt};

/// The largest text that is carried to a worker in a frame, in bytes.
const MOST_CARRIED: u64 = 256 << 20;

/// How a worker gets texts.
pub enum Texts {
    /// It maps the snapshot.
    InSnapshot,
    /// It cannot see this snapshot: what it needs is sent.
    Carried(File),
}

impl Texts {
    /// The text that lies there.
    pub fn read(&self, placement: Placement) -> io::Result<String> {
        let Texts::Carried(snapshot) = self else { return Err(io::ErrorKind::Unsupported.into()) };
        let length = placement.chars * u64::from(placement.kind);
        if length > MOST_CARRIED {
            let message = format!(
                "The text has {length} bytes, more than is sent to a worker elsewhere ({MOST_CARRIED}). Use grep(pattern), search(words) or \
                 lines(path, first, last), which run where the text is."
            );
            return Err(io::Error::other(message));
        }
        let mut bytes = vec![0; length as usize];
        snapshot.read_exact_at(&mut bytes, placement.offset)?;
        let decoded = match placement.kind {
            1 => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
            2 => String::from_utf16(&bytes.chunks_exact(2).map(|c| u16::from_ne_bytes([c[0], c[1]])).collect::<Vec<_>>()).ok(),
            _ => bytes.chunks_exact(4).map(|c| char::from_u32(u32::from_ne_bytes([c[0], c[1], c[2], c[3]]))).collect(),
        };
        decoded.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
