//! ZIP files: recognises the kind and calls its reader.

pub mod blocks;
pub mod package;
pub mod xml;

use self::package::{Links, Package};
use super::{archive, epub, open_document, sheet, slides, word};
use crate::Outcome;
use plumb_extract::{Failure, Kind};
use xml::Xml;

/// Recognises the kind of a ZIP by its list of files, and reads it.
///
/// # Errors
/// Why it has no text, in plain words.
pub fn text(bytes: &[u8]) -> Outcome {
    let mut package = match Package::open(bytes) {
        Ok(package) => package,
        Err(failure) if is_document(bytes) => return Err(failure),
        // The archive reader finds the files that a damaged archive still holds.
        Err(_) => return archive::text(bytes),
    };
    if let Some(main) = office_main(&mut package) {
        return office(bytes, package, &main);
    }
    if package.has("mimetype")
        && let Ok(Some(kind)) = package.read("mimetype")
    {
        let kind = String::from_utf8_lossy(&kind).trim().to_owned();
        if kind == "application/epub+zip" {
            return epub::text(package);
        }
        if let Some(kind) = kind.strip_prefix("application/vnd.oasis.opendocument.") {
            return of_open_document(kind, package);
        }
    }
    if package.has("META-INF/container.xml") {
        return epub::text(package);
    }
    archive::text(bytes)
}

/// The name of the main part of an Office document.
fn office_main(package: &mut Package<'_>) -> Option<String> {
    if !package.has("[Content_Types].xml") {
        return None;
    }
    let named = Links::of(package, "").of_kind("officeDocument").next().map(str::to_owned);
    let usual = ["word/document.xml", "ppt/presentation.xml", "xl/workbook.xml", "xl/workbook.bin"].map(str::to_owned);
    named.into_iter().chain(usual).find(|part| package.has(part))
}

fn office(bytes: &[u8], mut package: Package<'_>, main: &str) -> Outcome {
    let folder = main.split('/').next().unwrap_or_default();
    match folder {
        "xl" => return sheet::excel(bytes, package, main),
        "ppt" => return slides::text(package, main),
        "word" => return word::text(package, main),
        _ => {}
    }
    // Some programs choose other folder names.
    let part = package.xml(main)?.unwrap_or_default();
    let root = Xml::new(&part).next_open().map(|tag| xml::name(&tag).to_owned()).unwrap_or_default();
    drop(part);
    match root.as_str() {
        "workbook" => sheet::excel(bytes, package, main),
        "presentation" => slides::text(package, main),
        "document" => word::text(package, main),
        _ => archive::text(bytes),
    }
}

fn of_open_document(kind: &str, mut package: Package<'_>) -> Outcome {
    if let Ok(Some(manifest)) = package.xml("META-INF/manifest.xml") {
        let mut xml = Xml::new(&manifest);
        while let Some(tag) = xml.next_open() {
            if xml::name(&tag) == "encryption-data" {
                return Err(Failure::failed("protected with a password"));
            }
        }
    }
    match kind.split_once('-').map_or(kind, |(kind, _)| kind) {
        "text" => open_document::text(package, Kind::Odt),
        "presentation" | "graphics" => open_document::text(package, Kind::Odp),
        "spreadsheet" => sheet::open_document(package),
        _ => Err(Failure::skipped("an OpenDocument file in an unsupported format")),
    }
}

/// Whether the remains of a damaged ZIP begin like a document.
fn is_document(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(2048)];
    let marks: [&[u8]; 3] = [b"[Content_Types].xml", b"mimetypeapplication/", b"_rels/.rels"];
    marks.iter().any(|mark| head.windows(mark.len()).any(|part| part == *mark))
}

#[cfg(test)]
#[path = "zip/tests.rs"]
pub mod tests;
