//! Splits HTML into tags and text, in one pass and without a tree, and forgives the errors that browsers forgive. A page of any depth and size takes
//! linear time and constant memory.

use mail_parser::decoders::html::add_html_token;
use std::borrow::Cow;

/// A token of a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Text whose references (`&amp;`) still need [`resolved`].
    Text(&'a str),
    /// Text in which `&` stands for itself.
    Verbatim(&'a str),
    /// An element begins.
    Start(Tag<'a>),
    /// An element ends; its name in lower case.
    End(Cow<'a, str>),
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The name, in lower case.
    pub name: Cow<'a, str>,
    attributes: &'a str,
    /// The element ends at once, as XHTML pages can say.
    pub closed: bool,
}

/// The tokens of a page.
pub struct Tokens<'a> {
    rest: &'a str,
    /// The page is XHTML, so `<br/>` ends an element.
    xml: bool,
    /// The open element whose content holds no tags.
    raw: Option<Cow<'a, str>>,
    no_more_cdata: bool,
}

impl<'a> Tokens<'a> {
    /// Begins at the start of the page.
    pub fn new(html: &'a str) -> Self {
        let head = html.get(..html.floor_char_boundary(1000)).unwrap_or_default();
        let xml = head.trim_start().starts_with("<?xml") || head.contains("http://www.w3.org/1999/xhtml");
        Self { rest: html, xml, raw: None, no_more_cdata: false }
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Skips everything up to and including `end`, or the rest of the page.
    fn skip_past(&mut self, end: &str) {
        let past = self.rest.find(end).map_or(self.rest.len(), |at| at + end.len());
        self.advance(past);
    }

    /// Reads the content of an element that holds no tags.
    fn raw_content(&mut self, name: &str) -> Option<Token<'a>> {
        let bytes = self.rest.as_bytes();
        let mut from = 0;
        let end = loop {
            let Some(at) = self.rest[from..].find("</") else { break bytes.len() };
            let after = from + at + 2;
            let found = bytes.get(after..after + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            if found && bytes.get(after + name.len()).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>')) {
                break after - 2;
            }
            from = after;
        };
        let content = self.advance(end);
        match name {
            _ if content.is_empty() => None,
            "title" | "textarea" => Some(Token::Text(content)),
            _ => Some(Token::Verbatim(content)),
        }
    }

    /// Reads a tag; `rest` begins with its `<`.
    fn tag(&mut self) -> Option<Token<'a>> {
        let ends = self.rest.as_bytes().get(1) == Some(&b'/');
        let start = if ends { 2 } else { 1 };
        let inner = self.rest.get(start..)?;
        let name_end = inner.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(inner.len());
        let name = lower(&inner[..name_end]);
        let attributes = &inner[name_end..];
        // A quote that is never closed does not count.
        let Some(length) = end_of_tag(attributes).or_else(|| attributes.find('>')) else {
            // The page ends within the tag.
            self.rest = "";
            return None;
        };
        let attributes = &attributes[..length];
        self.advance(start + name_end + length + 1);
        if ends {
            return Some(Token::End(name));
        }
        let closed = self.xml && attributes.ends_with('/');
        if !closed && matches!(&*name, "script" | "style" | "title" | "textarea" | "xmp" | "iframe" | "noembed" | "noframes") {
            self.raw = Some(name.clone());
        }
        Some(Token::Start(Tag { name, attributes, closed }))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take()
            && let Some(content) = self.raw_content(&name)
        {
            return Some(content);
        }
        while !self.rest.is_empty() {
            let Some(after) = self.rest.strip_prefix('<') else {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                return Some(Token::Text(self.advance(end)));
            };
            let after = after.as_bytes();
            match after.first() {
                Some(b) if b.is_ascii_alphabetic() => return self.tag(),
                Some(b'/') if after.get(1).is_some_and(u8::is_ascii_alphabetic) => return self.tag(),
                Some(b'!') if after.starts_with(b"!-->") => drop(self.advance(5)),
                Some(b'!') if after.starts_with(b"!--->") => drop(self.advance(6)),
                Some(b'!') if after.starts_with(b"!--") => {
                    self.advance(4);
                    self.skip_past("-->");
                }
                Some(b'!') if after.starts_with(b"![CDATA[") && !self.no_more_cdata => match self.rest.find("]]>") {
                    Some(end) => {
                        let content = self.advance(end);
                        self.advance(3);
                        return Some(Token::Verbatim(&content["<![CDATA[".len()..]));
                    }
                    None => self.no_more_cdata = true,
                },
                Some(b'!' | b'?' | b'/') => self.skip_past(">"),
                _ => return Some(Token::Verbatim(self.advance(1))),
            }
        }
        None
    }
}

impl Tag<'_> {
    /// The value of an attribute, by its name in lower case.
    pub fn attribute(&self, wanted: &str) -> Option<Cow<'_, str>> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return None;
            }
            let end = rest.char_indices().skip(1).find(|&(_, c)| c.is_ascii_whitespace() || matches!(c, '/' | '='));
            let (name, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
            let (value, after) = value(after);
            if name.eq_ignore_ascii_case(wanted) {
                return Some(resolved(value));
            }
            rest = after;
        }
    }
}

/// Splits off the value after the name of an attribute.
fn value(after: &str) -> (&str, &str) {
    let Some(value) = after.trim_ascii_start().strip_prefix('=') else { return ("", after) };
    let value = value.trim_ascii_start();
    if let Some(quote @ ('"' | '\'')) = value.chars().next() {
        let value = &value[1..];
        return value.split_once(quote).unwrap_or((value, ""));
    }
    value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len()))
}

/// The index of the `>` that ends a tag, outside quotes.
fn end_of_tag(attributes: &str) -> Option<usize> {
    let bytes = attributes.as_bytes();
    let mut at = 0;
    let mut value = false;
    while let Some(&b) = bytes.get(at) {
        match b {
            b'>' => return Some(at),
            b'"' | b'\'' if value => at += 1 + attributes[at + 1..].find(char::from(b))?,
            _ => {}
        }
        value = b == b'=' || value && b.is_ascii_whitespace();
        at += 1;
    }
    None
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

/// Resolves the references in a text.
pub fn resolved(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = reference(rest, &mut out);
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The common names that browsers accept without a semicolon.
const WITHOUT_SEMICOLON: [&str; 10] = ["nbsp", "amp", "lt", "gt", "quot", "copy", "reg", "laquo", "raquo", "middot"];

/// Writes the character of the reference that begins `rest`. Returns the length of the reference.
fn reference(rest: &str, out: &mut String) -> usize {
    let inner = &rest[1..];
    let number = inner.starts_with('#');
    let end = inner.bytes().skip(usize::from(number)).take(32).position(|b| !b.is_ascii_alphanumeric());
    let end = usize::from(number) + end.unwrap_or(inner.len().min(32));
    let (name, semicolon) = (&inner[..inner.floor_char_boundary(end)], inner.as_bytes().get(end) == Some(&b';'));
    let length = 1 + name.len() + usize::from(semicolon);
    if let Some(digits) = name.strip_prefix('#') {
        if let Some(c) = numbered(digits) {
            out.push(c);
            return length;
        }
    } else if semicolon {
        add_html_token(out, format!("&{name};").as_bytes(), false);
        return length;
    } else if let Some(known) = WITHOUT_SEMICOLON.iter().find(|known| name == **known) {
        add_html_token(out, format!("&{known};").as_bytes(), false);
        return length;
    }
    out.push('&');
    1
}

/// The character with this number. Numbers of C1 controls are read as Windows-1252, as browsers do.
fn numbered(digits: &str) -> Option<char> {
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    match u8::try_from(number) {
        Ok(byte @ 0x80..=0x9f) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next(),
        _ => char::from_u32(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_and_lone_ampersands_kept() {
        assert_eq!(
            resolved("a &amp; b &lt;c&gt; &eacute;&#233;&#xe9; &nbsp;| &copy 2026 &ndash; &#150;"),
            "a & b <c> ééé \u{a0}| © 2026 – –"
        );
        assert_eq!(resolved("AT&T, R&D; &unknown; &#xffffffff; & &"), "AT&T, R&D; &unknown; &#xffffffff; & &");
    }

    #[test]
    fn attributes_are_found_with_any_quotes() {
        let mut tokens = Tokens::new("<A HREF='a>b' title = \"x &amp; y\" hidden data-x=1/2 class=c>text");
        let Some(Token::Start(tag)) = tokens.next() else { unreachable!("a tag") };
        assert_eq!(tag.name, "a");
        let value = |name| tag.attribute(name).map(|v| v.into_owned());
        assert_eq!(value("href").as_deref(), Some("a>b"));
        assert_eq!(value("title").as_deref(), Some("x & y"));
        assert_eq!(value("hidden").as_deref(), Some(""));
        assert_eq!(value("data-x").as_deref(), Some("1/2"));
        assert_eq!(value("class").as_deref(), Some("c"));
        assert_eq!(value("id"), None);
        assert_eq!(tokens.next(), Some(Token::Text("text")));
    }

    #[test]
    fn comments_declarations_and_scripts_hold_no_tags() {
        let html = "<!DOCTYPE html><!-- <b> --><script>if (a<b) '</scr'+'ipt>'</SCRIPT>1 < 2<![CDATA[a<b]]><?x y?></>z";
        let tokens: Vec<_> = Tokens::new(html).filter(|t| matches!(t, Token::Text(_) | Token::Verbatim(_))).collect();
        use Token::{Text, Verbatim};
        assert_eq!(
            tokens,
            [Verbatim("if (a<b) '</scr'+'ipt>'"), Text("1 "), Verbatim("<"), Text(" 2"), Verbatim("a<b"), Text("z")]
        );
    }
}
