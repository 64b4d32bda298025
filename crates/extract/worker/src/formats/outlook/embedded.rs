//! A message that is attached to another one is a folder of its file. It is made a file of its own, so that it is read like any other.

use super::properties::{File, LIST, stream};
use cfb::CompoundFile;
use std::io::{Cursor, Write};

/// How deep a message's own folders lie: the message, its attachments, their messages, and so on.
const DEPTH: usize = 40;

/// Where the message lies in the folder of an attachment.
pub fn path(attachment: &str) -> String {
    format!("{attachment}/__substg1.0_3701000D")
}

/// The attached message as a file.
pub fn standing_alone(file: &mut File<'_>, attachment: &str) -> Option<Vec<u8>> {
    let mut copy = CompoundFile::create(Cursor::new(Vec::new())).ok()?;
    let mut folders = vec![(path(attachment), String::new())];
    while let Some((from, to)) = folders.pop() {
        let entries: Vec<_> = file.read_storage(&from).ok()?.map(|entry| (entry.name().to_owned(), entry.is_storage())).collect();
        for (name, is_folder) in entries {
            let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
            if is_folder {
                copy.create_storage(&to).ok()?;
                if to.matches('/').count() < DEPTH {
                    folders.push((from, to));
                }
                continue;
            }
            let mut bytes = stream(file, &from)?;
            if to.strip_prefix('/') == Some(LIST) && bytes.len() >= 24 {
                // The list of a message that stands alone has a longer head.
                bytes.splice(24..24, [0; 8]);
            }
            copy.create_stream(&to).ok()?.write_all(&bytes).ok()?;
        }
    }
    copy.flush().ok()?;
    Some(copy.into_inner().into_inner())
}
