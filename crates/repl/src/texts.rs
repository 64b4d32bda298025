//! The two ways a worker gets texts.

use crate::here;
use plumb_rlm::{
    prompts::{context, render},
    traits::corpus::Placement,
};
use std::{fs::File, io};

/// Maximum length of a text carried in a frame, in bytes.
const MAX_CARRIED_BYTES: u64 = 256 << 20;

/// The source of a worker's texts.
pub enum Texts {
    /// The worker maps the snapshot.
    InSnapshot,
    /// The worker is elsewhere and cannot see this snapshot: frames carry the texts it touches.
    Carried(File),
}

impl Texts {
    /// Reads the text at a place of the snapshot.
    ///
    /// # Errors
    /// `Unsupported` for a worker that maps the snapshot. Otherwise why the text cannot be carried, in words for the model.
    pub fn read(&self, placement: Placement) -> io::Result<String> {
        let Texts::Carried(snapshot) = self else { return Err(io::ErrorKind::Unsupported.into()) };
        let length = placement.chars * u64::from(placement.kind);
        if length > MAX_CARRIED_BYTES {
            let message = render("text_too_large", context! { bytes => length, limit => MAX_CARRIED_BYTES });
            return Err(io::Error::other(message));
        }
        let mut bytes = vec![0; length as usize];
        here::read_exact_at(snapshot, &mut bytes, placement.offset)?;
        let decoded = match placement.kind {
            1 => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
            2 => String::from_utf16(&bytes.chunks_exact(2).map(|c| u16::from_ne_bytes([c[0], c[1]])).collect::<Vec<_>>()).ok(),
            _ => bytes.chunks_exact(4).map(|c| char::from_u32(u32::from_ne_bytes([c[0], c[1], c[2], c[3]]))).collect(),
        };
        decoded.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
