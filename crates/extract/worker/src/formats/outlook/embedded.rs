//! Attached messages. A message attached to another is a folder in that message's file. It is copied to a file of its own
//! and then read like any other.

use super::properties::{File, PROPERTY_LIST, stream};
use cfb::CompoundFile;
use std::io::{Cursor, Write};

/// Deepest folders that are copied: the message, its attachments, their messages, and so on.
const MAX_DEPTH: usize = 40;

/// The folder of the message within the folder of an attachment.
pub fn path(attachment: &str) -> String {
    format!("{attachment}/__substg1.0_3701000D")
}

/// The attached message as a file of its own.
pub fn as_message_file(file: &mut File<'_>, attachment: &str) -> Option<Vec<u8>> {
    let mut copy = CompoundFile::create(Cursor::new(Vec::new())).ok()?;
    let mut folders = vec![(path(attachment), String::new())];
    while let Some((from, to)) = folders.pop() {
        let entries: Vec<_> = file.read_storage(&from).ok()?.map(|entry| (entry.name().to_owned(), entry.is_storage())).collect();
        for (name, is_folder) in entries {
            let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
            if is_folder {
                copy.create_storage(&to).ok()?;
                if to.matches('/').count() < MAX_DEPTH {
                    folders.push((from, to));
                }
                continue;
            }
            let mut bytes = stream(file, &from)?;
            if to.strip_prefix('/') == Some(PROPERTY_LIST) && bytes.len() >= 24 {
                // The property list of a top-level message has a longer header.
                bytes.splice(24..24, [0; 8]);
            }
            copy.create_stream(&to).ok()?.write_all(&bytes).ok()?;
        }
    }
    copy.flush().ok()?;
    Some(copy.into_inner().into_inner())
}
