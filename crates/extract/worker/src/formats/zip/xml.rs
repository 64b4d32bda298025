//! Reads XML from front to back.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::borrow::Cow;

/// Maximum depth of elements: deeper than any document, and safe for the stack.
const MAX_DEPTH: usize = 256;

/// A step through a document.
pub enum Node<'a> {
    /// An element begins. A `Close` ends it.
    Open(BytesStart<'a>),
    /// The innermost element ends.
    Close,
    /// Text. The text of one element may come in pieces.
    Text(Cow<'a, str>),
    /// The end, or nothing more can be read.
    End,
}

/// Steps through XML. Broken XML ends early.
pub struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    /// The document ended early.
    pub broken: bool,
}

impl<'a> Xml<'a> {
    /// Begins at the start of the text.
    pub fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self { reader, depth: 0, broken: false }
    }

    /// The next step.
    pub fn next(&mut self) -> Node<'a> {
        if self.broken {
            return Node::End;
        }
        loop {
            match self.reader.read_event() {
                Ok(Event::Start(tag)) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        self.broken = true;
                        return Node::End;
                    }
                    return Node::Open(tag);
                }
                Ok(Event::End(_)) => {
                    self.depth -= 1;
                    return Node::Close;
                }
                Ok(Event::Text(text)) => return Node::Text(text.into_inner()),
                Ok(Event::CData(text)) => return Node::Text(text.into_inner()),
                Ok(Event::GeneralRef(name)) => {
                    if let Some(c) = referred(&name) {
                        return Node::Text(Cow::Owned(c.to_string()));
                    }
                }
                Ok(Event::Eof) => {
                    self.broken = self.depth > 0;
                    return Node::End;
                }
                Ok(_) => {}
                Err(_) => {
                    self.broken = true;
                    return Node::End;
                }
            }
        }
    }

    /// The next child of the element that just began; text is skipped. `None`: the element has ended. Read or [skip](Self::skip) each child.
    pub fn child(&mut self) -> Option<BytesStart<'a>> {
        loop {
            match self.next() {
                Node::Open(tag) => return Some(tag),
                Node::Text(_) => {}
                Node::Close | Node::End => return None,
            }
        }
    }

    /// The next element that begins, however deep.
    pub fn next_open(&mut self) -> Option<BytesStart<'a>> {
        loop {
            match self.next() {
                Node::Open(tag) => return Some(tag),
                Node::End => return None,
                Node::Close | Node::Text(_) => {}
            }
        }
    }

    /// Skips the element that just began.
    pub fn skip(&mut self) {
        self.each(|_, _| false);
    }

    /// The text of the element that just began, including its descendants.
    pub fn words(&mut self) -> String {
        let mut out = String::new();
        let until = self.depth;
        loop {
            match self.next() {
                Node::Text(text) => out.push_str(&text),
                Node::Close if self.depth < until => return out,
                Node::End => return out,
                Node::Open(_) | Node::Close => {}
            }
        }
    }

    /// Visits the descendants of the element that just began. `look` returns `true` if it read an element to its end.
    pub fn each(&mut self, mut look: impl FnMut(&mut Self, &BytesStart<'a>) -> bool) {
        let mut open = 1;
        while open > 0 {
            match self.next() {
                Node::Open(tag) => open += usize::from(!look(self, &tag)),
                Node::Close => open -= 1,
                Node::End => return,
                Node::Text(_) => {}
            }
        }
    }
}

/// The name of an element without its prefix.
pub fn name<'t>(tag: &'t BytesStart<'_>) -> &'t str {
    local(tag.name().0)
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// An attribute, by its name without a prefix or, if `wanted` begins with `:`, by its name with any prefix.
pub fn attr<'t>(tag: &'t BytesStart<'_>, wanted: &str) -> Option<Cow<'t, str>> {
    let matches = |name: &str| if wanted.starts_with(':') { name.ends_with(wanted) } else { local(name) == wanted };
    let found = tag.attributes().with_checks(false).flatten().find(|attribute| matches(attribute.key.0))?;
    if !found.value.contains('&') {
        return Some(found.value);
    }
    // References that cannot be resolved stay as they are.
    Some(Cow::Owned(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), Cow::into_owned)))
}

/// The number in an attribute.
pub fn number<N: std::str::FromStr>(tag: &BytesStart<'_>, wanted: &str) -> Option<N> {
    attr(tag, wanted)?.trim().parse().ok()
}

/// Whether a switch is on. One without a value is.
pub fn switched_on(tag: &BytesStart<'_>) -> bool {
    !matches!(attr(tag, "val").as_deref(), Some("0" | "false" | "off" | "none"))
}

/// The character of a reference.
pub fn referred(name: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Some(c);
    }
    match &*name.xml10_content() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => None,
    }
}
