//! EPUB e-books: chapters in reading order.

use super::html;
use super::zip::blocks::{self, Blocks};
use super::zip::package::{Package, absolute};
use super::zip::xml::{self, Xml};
use crate::Outcome;
use plumb_extract::{Failure, Kind, decode_text};
use std::collections::HashMap;

/// Chapter titles by the file in which they begin.
type Titles = HashMap<String, Vec<String>>;

/// Reads the chapters, each of which is a web page.
///
/// # Errors
/// Why there is no text, in plain words.
pub fn text(mut package: Package<'_>) -> Outcome {
    let missing = || Failure::failed("damaged: its list of chapters is missing");
    let container = package.xml("META-INF/container.xml")?.unwrap_or_default();
    let list = attribute_of(&container, "rootfile", "full-path").ok_or_else(missing)?;
    let text = package.xml(&list)?.ok_or_else(missing)?;
    let folder = list.rsplit_once('/').map_or("", |(folder, _)| folder);
    let book = Book::read(&text, folder);
    let encrypted = encrypted(&mut package);
    if book.chapters.iter().any(|part| encrypted.contains(part)) {
        return Err(Failure::failed("protected with a password"));
    }
    let titles = titles(&mut package, &book);
    let mut blocks = Blocks::default();
    let (mut number, mut unread) = (0, 0);
    for part in &book.chapters {
        let page = package.read(part).ok().flatten().and_then(|bytes| decode_text(&bytes).ok());
        match page {
            Some(page) => chapter(&mut blocks, &page, titles.get(part).map(Vec::as_slice), titles.is_empty(), &mut number),
            None => unread += 1,
        }
        if blocks.is_full() {
            break;
        }
    }
    if unread > 0 {
        blocks.doubts.push(format!("{unread} of {} chapters are damaged or missing", book.chapters.len()));
    }
    blocks.finish(Kind::Epub)
}

/// Adds a page. A file may hold several chapters, and a chapter may span several files.
fn chapter(blocks: &mut Blocks, page: &str, titles: Option<&[String]>, untitled: bool, number: &mut usize) {
    let text = html::plain(page);
    if text.trim().is_empty() {
        return;
    }
    let heading;
    let titles = match titles {
        Some(titles) => titles,
        None if untitled || *number == 0 => {
            heading = [first_heading(page)];
            &heading
        }
        None => &[],
    };
    let lines: Vec<_> = text.lines().collect();
    let mut start = 0;
    for (at, title) in titles.iter().enumerate() {
        let found = (start..lines.len()).find(|&line| !title.is_empty() && blocks::in_one_line(lines[line]) == *title);
        let begin = match found {
            // Text before the first heading belongs to that heading's chapter.
            _ if at == 0 => 0,
            Some(line) => line,
            None => continue,
        };
        if begin > start {
            blocks.paragraph(&lines[start..begin].join("\n"));
        }
        start = begin;
        *number += 1;
        blocks.place(if title.is_empty() { format!("chapter {number}") } else { format!("chapter {number}: {title}") });
    }
    blocks.paragraph(&lines[start..].join("\n"));
}

/// The package document: chapters in reading order, and the table of contents.
#[derive(Default)]
struct Book {
    chapters: Vec<String>,
    /// The navigation page (EPUB 3).
    contents: Option<String>,
    /// The NCX table of contents (EPUB 2).
    ncx_contents: Option<String>,
}

impl Book {
    fn read(text: &str, folder: &str) -> Self {
        let mut book = Self::default();
        let mut items = HashMap::new();
        let mut xml = Xml::new(text);
        while let Some(tag) = xml.next_open() {
            match xml::name(&tag) {
                "item" => {
                    let get = |name| xml::attr(&tag, name).unwrap_or_default();
                    let part = absolute(folder, &percent_decoded(&get("href")));
                    if get("properties").split_whitespace().any(|word| word == "nav") {
                        book.contents = Some(part.clone());
                    }
                    if get("media-type") == "application/x-dtbncx+xml" {
                        book.ncx_contents = Some(part.clone());
                    }
                    items.insert(get("id").into_owned(), part);
                }
                "itemref" => {
                    let part = xml::attr(&tag, "idref").and_then(|id| items.get(&*id).cloned());
                    book.chapters.extend(part);
                }
                _ => {}
            }
        }
        // The table of contents only repeats the headings.
        let contents = book.contents.clone();
        if book.chapters.len() > 1 {
            book.chapters.retain(|part| Some(part) != contents.as_ref());
        }
        book
    }
}

fn titles(package: &mut Package<'_>, book: &Book) -> Titles {
    let mut titles = Titles::new();
    let mut add = |folder: &str, target: &str, title: &str| {
        let part = absolute(folder, &percent_decoded(target.split('#').next().unwrap_or_default()));
        let title = blocks::in_one_line(title);
        if !title.is_empty() {
            titles.entry(part).or_default().push(title);
        }
    };
    let mut part = |name: &Option<String>| {
        let name = name.clone()?;
        let text = package.xml(&name).ok().flatten()?;
        Some((name.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned()), text))
    };
    if let Some((folder, text)) = part(&book.contents) {
        let mut xml = Xml::new(&text);
        while let Some(tag) = xml.next_open() {
            // The same page also lists page numbers and landmarks.
            let kind = xml::attr(&tag, "type").unwrap_or_default();
            if xml::name(&tag) == "nav" && !kind.is_empty() && kind != "toc" {
                xml.skip();
            } else if xml::name(&tag) == "a" {
                let target = xml::attr(&tag, "href").unwrap_or_default().into_owned();
                add(&folder, &target, &xml.words());
            }
        }
    } else if let Some((folder, text)) = part(&book.ncx_contents) {
        let mut xml = Xml::new(&text);
        let mut title = String::new();
        while let Some(tag) = xml.next_open() {
            match xml::name(&tag) {
                "navLabel" => title = xml.words(),
                "content" => add(&folder, &xml::attr(&tag, "src").unwrap_or_default(), &title),
                "pageList" => xml.skip(),
                _ => {}
            }
        }
    }
    titles
}

fn first_heading(page: &str) -> String {
    let mut xml = Xml::new(page);
    while let Some(tag) = xml.next_open() {
        if matches!(xml::name(&tag), "h1" | "h2" | "h3") {
            return blocks::in_one_line(&xml.words());
        }
    }
    String::new()
}

/// The parts that cannot be read without a key. Obfuscated fonts do not count.
fn encrypted(package: &mut Package<'_>) -> Vec<String> {
    let text = package.xml("META-INF/encryption.xml").ok().flatten().unwrap_or_default();
    let (mut found, mut disguised) = (Vec::new(), false);
    let mut xml = Xml::new(&text);
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "EncryptedData" => disguised = false,
            "EncryptionMethod" => {
                let method = xml::attr(&tag, "Algorithm").unwrap_or_default();
                disguised |= method.contains("idpf.org") || method.contains("ns.adobe.com/pdf/enc");
            }
            "CipherReference" if !disguised => {
                found.push(absolute("", &percent_decoded(&xml::attr(&tag, "URI").unwrap_or_default())));
            }
            _ => {}
        }
    }
    found
}

fn attribute_of(text: &str, element: &str, attribute: &str) -> Option<String> {
    let mut xml = Xml::new(text);
    while let Some(tag) = xml.next_open() {
        if xml::name(&tag) == element {
            return xml::attr(&tag, attribute).map(|value| value.into_owned());
        }
    }
    None
}

/// Decodes `%20` and the like in a file name.
fn percent_decoded(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = if *first == b'%' { tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()) } else { None };
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
