//! Properties of a message, a recipient or an attachment: numbered values in a folder of the file.

use cfb::CompoundFile;
use encoding_rs::{Encoding, UTF_8, UTF_16LE};
use plumb_extract::decode_text;
use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

/// An opened `.msg` file.
pub type File<'a> = CompoundFile<Cursor<&'a [u8]>>;

/// The stream that lists the properties of a folder.
pub const PROPERTY_LIST: &str = "__properties_version1.0";
/// Most bytes read from a property; a longer one is damaged.
const MAX_PROPERTY_BYTES: u64 = 512 << 20;
const STRING: u16 = 0x001e;
const UNICODE: u16 = 0x001f;
const BINARY: u16 = 0x0102;
/// Ids of the code pages of the message and of its HTML body.
const CODE_PAGES: [u16; 2] = [0x3ffd, 0x3fde];

/// The properties in one folder.
pub struct Properties {
    folder: String,
    /// The fixed-size properties.
    fixed: HashMap<u16, u64>,
    code_page: Option<&'static Encoding>,
}

impl Properties {
    /// Reads the list after skipping its `head` bytes of header. `None` if there is no such folder.
    pub fn read(file: &mut File<'_>, folder: &str, head: usize) -> Option<Self> {
        let folder = folder.trim_end_matches('/').to_owned();
        let list = stream(file, &format!("{folder}/{PROPERTY_LIST}"))?;
        let mut fixed = HashMap::new();
        for entry in list.get(head..).unwrap_or_default().as_chunks::<16>().0 {
            let [_, _, low, high, _, _, _, _, value @ ..] = *entry;
            fixed.entry(u16::from_le_bytes([low, high])).or_insert(u64::from_le_bytes(value));
        }
        let mut this = Self { folder, fixed, code_page: None };
        this.code_page = CODE_PAGES.into_iter().find_map(|id| this.number(id).and_then(encoding_of));
        Some(this)
    }

    /// A numeric property.
    pub fn number(&self, id: u16) -> Option<u32> {
        u32::try_from(self.fixed.get(&id)? & 0xffff_ffff).ok()
    }

    /// A time property, in seconds since 1970.
    pub fn time(&self, id: u16) -> Option<i64> {
        let ticks = self.fixed.get(&id).filter(|&&ticks| ticks > 0)?;
        Some(i64::try_from(ticks / 10_000_000).ok()? - 11_644_473_600)
    }

    fn value(&self, file: &mut File<'_>, id: u16, kind: u16) -> Option<Vec<u8>> {
        stream(file, &self.path(id, kind))
    }

    fn path(&self, id: u16, kind: u16) -> String {
        format!("{}/__substg1.0_{id:04X}{kind:04X}", self.folder)
    }

    /// A binary property.
    pub fn binary(&self, file: &mut File<'_>, id: u16) -> Option<Vec<u8>> {
        self.value(file, id, BINARY)
    }

    /// Size of a binary property, in bytes.
    pub fn length(&self, file: &File<'_>, id: u16) -> u64 {
        file.entry(self.path(id, BINARY)).map_or(0, |entry| entry.len())
    }

    /// A text property.
    pub fn text(&self, file: &mut File<'_>, id: u16) -> Option<String> {
        if let Some(bytes) = self.value(file, id, UNICODE) {
            return Some(UTF_16LE.decode_without_bom_handling(&bytes).0.trim_end_matches('\0').to_owned());
        }
        let bytes = self.value(file, id, STRING)?;
        Some(self.decoded(&bytes).trim_end_matches('\0').to_owned())
    }

    /// The first of these properties that is not blank.
    pub fn first_text(&self, file: &mut File<'_>, ids: &[u16]) -> Option<String> {
        ids.iter().find_map(|&id| self.text(file, id).filter(|text| !text.trim().is_empty()))
    }

    /// An HTML property. It may declare its own encoding.
    pub fn page(&self, file: &mut File<'_>, id: u16) -> Option<String> {
        let page = match self.binary(file, id) {
            Some(bytes) => {
                let own = self.number(CODE_PAGES[1]).and_then(encoding_of).unwrap_or(UTF_8);
                match own.decode_without_bom_handling_and_without_replacement(&bytes) {
                    Some(text) => text.into_owned(),
                    None => decode_text(&bytes).ok()?,
                }
            }
            None => self.text(file, id)?,
        };
        Some(page).filter(|page| !page.trim().is_empty())
    }

    fn decoded(&self, bytes: &[u8]) -> String {
        let declared = self.code_page.and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes));
        match declared {
            Some(text) => text.into_owned(),
            None => decode_text(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

/// The bytes of a stream.
pub fn stream(file: &mut File<'_>, path: &str) -> Option<Vec<u8>> {
    if !file.is_stream(path) {
        return None;
    }
    let mut bytes = Vec::new();
    file.open_stream(path).ok()?.take(MAX_PROPERTY_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The first `most` folders of the message whose names begin with `prefix`, in order.
pub fn storages(file: &File<'_>, prefix: &str, most: usize) -> Vec<String> {
    let folders = file.read_root_storage().filter(|entry| entry.is_storage() && entry.name().starts_with(prefix));
    let mut paths: Vec<_> = folders.map(|entry| format!("/{}", entry.name())).take(most).collect();
    paths.sort();
    paths
}

/// The encoding for a Windows code page.
fn encoding_of(code_page: u32) -> Option<&'static Encoding> {
    let label = match code_page {
        1250..=1258 => format!("windows-{code_page}"),
        28591..=28606 => format!("iso-8859-{}", code_page - 28590),
        874 => "windows-874".to_owned(),
        866 => "ibm866".to_owned(),
        932 => "shift_jis".to_owned(),
        936 | 54936 => "gb18030".to_owned(),
        949 | 51949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        20866 => "koi8-r".to_owned(),
        21866 => "koi8-u".to_owned(),
        50220..=50222 => "iso-2022-jp".to_owned(),
        51932 => "euc-jp".to_owned(),
        65001 => "utf-8".to_owned(),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}
