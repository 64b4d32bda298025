//! Reads the parts of a document that is a ZIP.

use plumb_extract::Failure;
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Cursor, Read},
};
use zip::{ZipArchive, result::ZipError};

/// Maximum unpacked size of a part of an honest document.
const MAX_PART_BYTES: u64 = 300 << 20;
/// Parts up to this size are not checked against [`MAX_RATIO`].
const HARMLESS_BYTES: u64 = 20 << 20;
/// Maximum compression ratio of honest text.
const MAX_RATIO: u64 = 1000;
/// Maximum unpacked size of all parts that are read.
const MAX_TOTAL_BYTES: u64 = 2 << 30;

/// An opened ZIP whose parts are read by name.
pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Indices by case-insensitive name, as Office finds parts.
    places: HashMap<String, usize>,
    unpacked: u64,
}

impl<'a> Package<'a> {
    /// Opens the list of parts.
    ///
    /// # Errors
    /// The ZIP is damaged.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        let places = (0..archive.len()).filter_map(|index| Some((key(&archive.name_for_index(index)?.ok()?), index))).collect();
        Ok(Self { archive, places, unpacked: 0 })
    }

    /// Whether there is such a part.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(&key(name))
    }

    /// Reads a part, if there is one with this name.
    ///
    /// # Errors
    /// The part is damaged, password-protected or a zip bomb.
    pub fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(&index) = self.places.get(&key(name)) else { return Ok(None) };
        let mut part = self.archive.by_index(index).map_err(damaged)?;
        let packed = part.compressed_size().max(1);
        let mut out = Vec::with_capacity(usize::try_from(part.size().min(HARMLESS_BYTES)).unwrap_or(0));
        loop {
            let read = (&mut part).take(8 << 20).read_to_end(&mut out).map_err(|e| broken(&e.to_string()))?;
            let size = out.len() as u64;
            if size > MAX_PART_BYTES
                || size > HARMLESS_BYTES && size / packed > MAX_RATIO
                || self.unpacked + size > MAX_TOTAL_BYTES
            {
                return Err(too_large());
            }
            if read == 0 {
                self.unpacked += size;
                return Ok(Some(out));
            }
        }
    }

    /// Opens a part to read while it is unpacked, up to `max` bytes. A zip bomb ends early.
    ///
    /// # Errors
    /// The part is damaged or password-protected.
    pub fn stream(&mut self, name: &str, max: u64) -> Result<Option<impl BufRead + '_>, Failure> {
        let Some(&index) = self.places.get(&key(name)) else { return Ok(None) };
        let part = self.archive.by_index(index).map_err(damaged)?;
        let most = part.compressed_size().saturating_mul(MAX_RATIO).max(HARMLESS_BYTES).min(max);
        Ok(Some(BufReader::with_capacity(64 << 10, part.take(most))))
    }

    /// Checks a part by unpacking it without keeping it, before a library reads all of it into memory.
    ///
    /// # Errors
    /// As [`Self::read`], or the part is larger than `max` bytes.
    pub fn check_unpacked(&mut self, name: &str, max: u64) -> Result<(), Failure> {
        let Some(&index) = self.places.get(&key(name)) else { return Ok(()) };
        let part = self.archive.by_index(index).map_err(damaged)?;
        let packed = part.compressed_size().max(1);
        let size = std::io::copy(&mut part.take(max + 1), &mut std::io::sink()).map_err(|e| broken(&e.to_string()))?;
        let bomb = size > max || size > HARMLESS_BYTES && size / packed > MAX_RATIO;
        if bomb { Err(too_large()) } else { Ok(()) }
    }

    /// Reads a part that is XML text.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn xml(&mut self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.read(name)?.map(decoded))
    }

    /// Checks the declared sizes of parts before a library reads them.
    ///
    /// # Errors
    /// One of them is larger than `max` bytes or a zip bomb.
    pub fn check(&mut self, max: u64, names: impl Fn(&str) -> bool) -> Result<(), Failure> {
        for (name, &index) in &self.places {
            if names(name) {
                let part = self.archive.by_index_raw(index).map_err(damaged)?;
                let (size, packed) = (part.size(), part.compressed_size().max(1));
                if size > max || size > HARMLESS_BYTES && size / packed > MAX_RATIO {
                    return Err(too_large());
                }
            }
        }
        Ok(())
    }
}

/// The relationships of a part: the parts it refers to, by id.
pub struct Links {
    all: Vec<Link>,
}

struct Link {
    id: String,
    kind: String,
    target: String,
}

impl Links {
    /// Reads the relationships of `part`; empty if it declares none.
    pub fn of(package: &mut Package<'_>, part: &str) -> Self {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let name = if folder.is_empty() { format!("_rels/{file}.rels") } else { format!("{folder}/_rels/{file}.rels") };
        let Ok(Some(text)) = package.xml(&name) else { return Self { all: Vec::new() } };
        let mut xml = super::xml::Xml::new(&text);
        let mut all = Vec::new();
        while let Some(tag) = xml.next_open() {
            let get = |name| super::xml::attr(&tag, name).unwrap_or_default();
            if get("TargetMode") != "External" && !get("Target").is_empty() {
                let kind = get("Type").rsplit('/').next().unwrap_or_default().to_owned();
                all.push(Link { id: get("Id").into_owned(), kind, target: absolute(folder, &get("Target")) });
            }
        }
        Self { all }
    }

    /// The target with this id.
    pub fn target(&self, id: &str) -> Option<&str> {
        self.all.iter().find(|link| link.id == id).map(|link| link.target.as_str())
    }

    /// All targets of a kind, which is the last word of the type.
    pub fn of_kind<'l>(&'l self, kind: &'l str) -> impl Iterator<Item = &'l str> {
        self.all.iter().filter(move |link| link.kind == kind).map(|link| link.target.as_str())
    }

    /// All targets by id, for the many links of a long document.
    pub fn by_id(self) -> HashMap<String, String> {
        self.all.into_iter().map(|link| (link.id, link.target)).collect()
    }
}

/// Resolves a path such as `../media/a.png` relative to a folder.
pub fn absolute(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

/// Decodes XML, which is UTF-8, or UTF-16 with a byte order mark.
fn decoded(bytes: Vec<u8>) -> String {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return encoding_rs::UTF_16LE.decode(&bytes).0.into_owned();
    }
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn key(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_lowercase()
}

fn too_large() -> Failure {
    Failure::failed("it unpacks to far more than its size: probably a zip bomb")
}

/// Explains why a ZIP cannot be read, in plain words.
fn damaged(error: ZipError) -> Failure {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Failure::failed("protected with a password")
        }
        ZipError::InvalidArchive(_) => broken("its end is missing, or it is not a ZIP file"),
        error => broken(&error.to_string()),
    }
}

fn broken(why: &str) -> Failure {
    Failure::failed(format!("damaged: {why}"))
}
