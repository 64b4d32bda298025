//! The records of a PowerPoint file.

/// Deepest nesting that is searched; real presentations stay below.
const MAX_DEPTH: usize = 40;

/// A record: its kind and its body.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub kind: u16,
    /// Distinguishes records of the same kind.
    pub instance: u16,
    pub body: &'a [u8],
    container: bool,
}

/// The consecutive records in a slice of bytes.
pub fn all(mut bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_at_checked(8)?;
        let flags = u16::from_le_bytes([head[0], head[1]]);
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        // A truncated record is read as far as it goes.
        let (body, after) = rest.split_at(length.min(rest.len()));
        bytes = after;
        let kind = u16::from_le_bytes([head[2], head[3]]);
        Some(Record { kind, instance: flags >> 4, body, container: flags & 15 == 15 })
    })
}

impl<'a> Record<'a> {
    /// The records it contains.
    pub fn children(self) -> impl Iterator<Item = Record<'a>> {
        all(if self.container { self.body } else { &[] })
    }

    /// The first record of a kind at any depth.
    pub fn find(self, kind: u16) -> Option<Record<'a>> {
        self.find_within(kind, MAX_DEPTH)
    }

    fn find_within(self, kind: u16, depth: usize) -> Option<Record<'a>> {
        let deeper = depth.checked_sub(1)?;
        self.children().find_map(|child| if child.kind == kind { Some(child) } else { child.find_within(kind, deeper) })
    }

    /// The four-byte number at an offset in its body.
    pub fn number(self, at: usize) -> Option<u32> {
        let bytes = self.body.get(at..at + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

/// The record at an offset in the file.
pub fn at(bytes: &[u8], offset: u32) -> Option<Record<'_>> {
    all(bytes.get(offset as usize..)?).next()
}
