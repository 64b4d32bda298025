//! Cell comments, and the text of text boxes on sheets.

use super::rows::Rows;
use crate::formats::slides::drawing;
use crate::formats::zip::package::{Links, Package};
use crate::formats::zip::xml::{self, Xml};
use std::collections::HashMap;

/// Most text of comments and boxes in all sheets.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// Comments and text boxes, by sheet name.
#[derive(Default)]
pub struct Remarks {
    all: HashMap<String, Vec<String>>,
}

impl Remarks {
    /// Reads the comments and text boxes of all sheets.
    pub fn of(package: &mut Package<'_>, main: &str) -> Self {
        let links = Links::of(package, main);
        let text = package.xml(main).ok().flatten().unwrap_or_default();
        let mut people = HashMap::new();
        for part in links.of_kind("person") {
            let text = package.xml(part).ok().flatten().unwrap_or_default();
            let mut xml = Xml::new(&text);
            while let Some(tag) = xml.next_open() {
                if let (Some(id), Some(name)) = (xml::attr(&tag, "id"), xml::attr(&tag, "displayName")) {
                    people.insert(id.into_owned(), name.into_owned());
                }
            }
        }
        let (mut remarks, mut size) = (Self::default(), 0);
        let mut xml = Xml::new(&text);
        while let Some(tag) = xml.next_open() {
            if xml::name(&tag) == "sheet"
                && let (Some(name), Some(id)) = (xml::attr(&tag, "name"), xml::attr(&tag, ":id"))
                && let Some(part) = links.target(&id)
            {
                let found = of_sheet(package, part, &people);
                size += found.iter().map(String::len).sum::<usize>();
                if size > MAX_TEXT_BYTES {
                    break;
                }
                if !found.is_empty() {
                    remarks.all.insert(name.into_owned(), found);
                }
            }
        }
        remarks
    }

    /// Adds the comments and text boxes of a sheet after its rows.
    pub fn add(&self, sheet: &str, rows: &mut Rows) {
        for text in self.all.get(sheet).into_iter().flatten() {
            rows.aside(text);
        }
    }
}

fn of_sheet(package: &mut Package<'_>, part: &str, people: &HashMap<String, String>) -> Vec<String> {
    let links = Links::of(package, part);
    let mut found = Vec::new();
    let mut read = |part: &str| package.xml(part).ok().flatten().unwrap_or_default();
    let threads: Vec<_> = links.of_kind("threadedComment").map(&mut read).collect();
    if threads.is_empty() {
        links.of_kind("comments").for_each(|part| comments(&read(part), &mut found));
    }
    // A legacy comment beside a thread only announces the thread.
    for text in threads {
        threaded(&text, people, &mut found);
    }
    for part in links.of_kind("drawing") {
        found.extend(drawing::words(&read(part)));
    }
    found
}

fn comments(text: &str, found: &mut Vec<String>) {
    let mut xml = Xml::new(text);
    let mut authors = Vec::new();
    while let Some(tag) = xml.next_open() {
        match xml::name(&tag) {
            "author" => authors.push(xml.words()),
            "comment" => {
                let cell = xml::attr(&tag, "ref").unwrap_or_default().into_owned();
                let author = xml::number::<usize>(&tag, "authorId").and_then(|at| authors.get(at));
                let mut words = String::new();
                xml.each(|xml, tag| match xml::name(tag) {
                    "t" => {
                        words.push_str(&xml.words());
                        true
                    }
                    _ => false,
                });
                found.push(remark(&cell, author.map(String::as_str), &words));
            }
            _ => {}
        }
    }
}

fn threaded(text: &str, people: &HashMap<String, String>, found: &mut Vec<String>) {
    let mut xml = Xml::new(text);
    while let Some(tag) = xml.next_open() {
        if xml::name(&tag) == "threadedComment" {
            let cell = xml::attr(&tag, "ref").unwrap_or_default().into_owned();
            let author = xml::attr(&tag, "personId").and_then(|id| people.get(&*id));
            found.push(remark(&cell, author.map(String::as_str), &xml.words()));
        }
    }
}

fn remark(cell: &str, author: Option<&str>, words: &str) -> String {
    match author.filter(|author| !author.trim().is_empty()) {
        Some(author) => format!("[comment in {cell} by {author}] {words}"),
        None => format!("[comment in {cell}] {words}"),
    }
}
