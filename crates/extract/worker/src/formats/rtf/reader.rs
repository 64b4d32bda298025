//! Interprets RTF: text, formatting and destinations.

use super::charsets;
use super::flow::{Flow, Format};
use super::tokens::{Token, Tokens};
use crate::formats::word::symbols;
use crate::formats::zip::blocks::{self, Piece};
use encoding_rs::Encoding;
use std::collections::{HashMap, HashSet};

/// Deepest nesting of groups; real documents stay below.
const MAX_DEPTH: usize = 5000;
/// Most text, in bytes, that is collected.
const MAX_TEXT_BYTES: usize = 128 << 20;

/// The purpose of a group's text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Text,
    Hidden,
    Fonts,
    Styles,
    /// The label of a list item.
    Label,
    /// The same text in ANSI and in Unicode.
    Alternatives,
}

/// Text outside the main flow of the document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aside {
    Note,
    Author,
    Comment,
    Box,
    Header,
    Footer,
}

#[derive(Clone)]
struct Group {
    role: Role,
    /// The aside this group began, and the format of the paragraph around it, which resumes when the group ends.
    aside: Option<(Aside, Format)>,
    font: i32,
    /// How many fallback characters follow each `\u` character.
    substitutes: usize,
    hidden: bool,
    deleted: bool,
    /// Whether the destination may be skipped if it is unknown (`\*`).
    optional: bool,
}

#[derive(Default)]
struct Font {
    encoding: Option<&'static Encoding>,
    name: String,
    symbols: bool,
}

/// Reads a whole RTF document.
pub struct Reader<'a> {
    tokens: Tokens<'a>,
    groups: Vec<Group>,
    flows: Vec<Flow>,
    format: Format,
    encoding: &'static Encoding,
    fonts: HashMap<i32, Font>,
    headings: HashSet<i32>,
    /// Number of the style being defined.
    style: i32,
    style_name: String,
    bytes: Vec<u8>,
    units: Vec<u16>,
    skip: usize,
    notes: usize,
    author: String,
    pub headers: Vec<Piece>,
    pub footers: Vec<Piece>,
    size: usize,
    /// Whether the document ended too early.
    pub broken: bool,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let group =
            Group { role: Role::Text, aside: None, font: -1, substitutes: 1, hidden: false, deleted: false, optional: false };
        Self {
            tokens: Tokens::new(bytes),
            groups: vec![group],
            flows: vec![Flow::default()],
            format: Format::default(),
            encoding: encoding_rs::WINDOWS_1252,
            fonts: HashMap::new(),
            headings: HashSet::new(),
            style: 0,
            style_name: String::new(),
            bytes: Vec::new(),
            units: Vec::new(),
            skip: 0,
            notes: 0,
            author: String::new(),
            headers: Vec::new(),
            footers: Vec::new(),
            size: 0,
            broken: false,
        }
    }

    /// Reads the pieces of the document, in order.
    pub fn read(&mut self) -> Vec<Piece> {
        let mut depth = 0usize;
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Open => {
                    self.flush();
                    self.skip = 0;
                    depth += 1;
                    let Some(mut group) = self.groups.last().cloned() else { break };
                    group.aside = None;
                    group.optional = false;
                    if group.role == Role::Alternatives {
                        group.role = Role::Hidden;
                    }
                    self.groups.push(group);
                }
                Token::Close => {
                    self.close();
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                Token::Byte(byte) => self.text(&[byte]),
                Token::Text(text) => self.text(text),
                Token::Sign(sign) => self.sign(sign),
                Token::Word(name, number) => self.word(name, number),
            }
            if depth > MAX_DEPTH || self.size > MAX_TEXT_BYTES {
                self.broken = true;
                break;
            }
        }
        self.flush();
        self.broken |= depth > 0;
        while self.groups.len() > 1 {
            self.close();
        }
        self.flows.pop().map(Flow::finish).unwrap_or_default()
    }

    fn role(&self) -> Role {
        self.groups.last().map_or(Role::Hidden, |group| group.role)
    }

    fn group(&mut self) -> Option<&mut Group> {
        self.groups.last_mut()
    }

    fn close(&mut self) {
        self.flush();
        self.skip = 0;
        if self.groups.len() < 2 {
            return;
        }
        let Some(group) = self.groups.pop() else { return };
        let Some((aside, format)) = group.aside else { return };
        self.format = format;
        let pieces = self.flows.pop().map(Flow::finish).unwrap_or_default();
        let Some(flow) = self.flows.last_mut() else { return };
        match aside {
            Aside::Box => flow.after.extend(pieces),
            Aside::Header | Aside::Footer => {
                let to = if aside == Aside::Header { &mut self.headers } else { &mut self.footers };
                for piece in pieces {
                    if !to.contains(&piece) {
                        to.push(piece);
                    }
                }
            }
            Aside::Author => self.author = blocks::cell(pieces, &mut Vec::new()),
            Aside::Note => {
                let words = blocks::cell(pieces, &mut Vec::new());
                if !words.is_empty() {
                    self.notes += 1;
                    let mark = format!("[{}]", self.notes);
                    if !flow.text.trim_end().ends_with(&mark) {
                        flow.text.push_str(&mark);
                    }
                    flow.after.push(Piece::Note(format!("{mark} {words}")));
                }
            }
            Aside::Comment => {
                let words = blocks::cell(pieces, &mut Vec::new());
                let by = if self.author.is_empty() { String::new() } else { format!(" by {}", self.author) };
                if !words.is_empty() {
                    flow.after.push(Piece::Note(format!("[comment{by}] {words}")));
                }
            }
        }
    }

    fn begin(&mut self, aside: Aside) {
        self.flush();
        // Nothing begins inside a hidden group.
        if let Some(group) = self.groups.last_mut().filter(|group| group.role != Role::Hidden) {
            group.role = Role::Text;
            group.aside = Some((aside, std::mem::take(&mut self.format)));
            self.flows.push(Flow::default());
        }
    }

    fn text(&mut self, text: &[u8]) {
        let passed = self.skip.min(text.len());
        self.skip -= passed;
        let text = &text[passed..];
        if text.is_empty() || self.role() == Role::Hidden {
            return;
        }
        if !self.units.is_empty() {
            self.flush();
        }
        self.bytes.extend_from_slice(text);
    }

    /// Decodes the collected bytes and code units, and adds them to the current destination.
    fn flush(&mut self) {
        if self.bytes.is_empty() && self.units.is_empty() {
            return;
        }
        let Some(group) = self.groups.last() else { return };
        let font = self.fonts.get(&group.font);
        let mut text = String::new();
        if !self.bytes.is_empty() {
            let symbol_font = font.filter(|font| font.symbols);
            match symbol_font {
                Some(font) => {
                    let signs = self.bytes.iter().map(|&b| symbols::to_unicode(&font.name, b.into()).unwrap_or(char::from(b)));
                    text.extend(signs);
                }
                None => {
                    let encoding = font.and_then(|font| font.encoding).unwrap_or(self.encoding);
                    text.push_str(&encoding.decode_without_bom_handling(&self.bytes).0);
                }
            }
            self.bytes.clear();
        }
        if !self.units.is_empty() {
            let name = font.map(|font| font.name.as_str()).unwrap_or_default();
            let private = |c: char| {
                if ('\u{f000}'..'\u{f100}').contains(&c) { symbols::to_unicode(name, c as u32).unwrap_or('•') } else { c }
            };
            text.extend(char::decode_utf16(self.units.drain(..)).map(|c| c.map_or('\u{fffd}', private)));
        }
        self.add(&text);
    }

    fn add(&mut self, text: &str) {
        let Some(group) = self.groups.last() else { return };
        let seen = !group.hidden && !group.deleted;
        match group.role {
            Role::Text if seen => {
                self.size += text.len();
                if let Some(flow) = self.flows.last_mut() {
                    flow.text.push_str(text);
                }
            }
            Role::Label if seen => {
                if let Some(flow) = self.flows.last_mut() {
                    flow.label.get_or_insert_default().push_str(text);
                }
            }
            Role::Fonts => {
                if let Some(font) = self.fonts.get_mut(&group.font) {
                    font.name.push_str(text.trim_end_matches(';'));
                    font.symbols |= symbols::is_symbol_font(&font.name);
                }
            }
            Role::Styles => {
                self.style_name.push_str(text);
                if text.contains(';') {
                    let name = std::mem::take(&mut self.style_name).trim().to_ascii_lowercase();
                    if name.starts_with("heading ") || name == "title;" {
                        self.headings.insert(self.style);
                    }
                }
            }
            _ => {}
        }
    }

    fn sign(&mut self, sign: u8) {
        if std::mem::take(&mut self.skip) > 1 {
            return;
        }
        match sign {
            b'*' => {
                if let Some(group) = self.group() {
                    group.optional = true;
                }
            }
            b'~' => self.put(" "),
            b'_' => self.put("-"),
            b'{' | b'}' | b'\\' => self.text(&[sign]),
            b'\r' | b'\n' => self.end_paragraph(),
            b'\t' => self.put("\t"),
            _ => {}
        }
    }

    fn put(&mut self, text: &str) {
        self.flush();
        self.add(text);
    }

    fn end_paragraph(&mut self) {
        self.flush();
        // The end of a hidden paragraph is hidden too.
        let shown = self.groups.last().is_some_and(|group| group.role == Role::Text && !group.deleted);
        if let Some(flow) = self.flows.last_mut().filter(|_| shown) {
            flow.paragraph(&self.format);
        }
    }

    fn word(&mut self, name: &[u8], number: Option<i32>) {
        if name == b"u" {
            return self.unicode(number.unwrap_or(0));
        }
        if name == b"bin" {
            return self.tokens.skip_bytes(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
        }
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.flush();
        let optional = self.groups.last().is_some_and(|group| group.optional);
        if self.destination(name, optional) {
            return;
        }
        let value = number.unwrap_or(0);
        let on = number != Some(0);
        match name {
            b"f" => self.font(value),
            b"fcharset" => self.charset(charsets::from_charset(value), value == 2),
            b"cpg" => self.charset(charsets::from_code_page(value), false),
            b"ansicpg" => self.encoding = charsets::from_code_page(value).unwrap_or(self.encoding),
            b"mac" => self.encoding = encoding_rs::MACINTOSH,
            b"uc" => self.set(|group| group.substitutes = usize::try_from(value).unwrap_or(1).min(16)),
            b"v" => self.set(|group| group.hidden = on),
            b"deleted" => self.set(|group| group.deleted = on),
            b"plain" => self.set(|group| (group.hidden, group.deleted) = (false, false)),
            b"s" if self.role() == Role::Styles => self.style = value,
            b"outlinelevel" if self.role() == Role::Styles && value < 9 => drop(self.headings.insert(self.style)),
            // List labels have their own format.
            b"s" | b"outlinelevel" | b"pard" | b"intbl" | b"itap" | b"ls" | b"ilvl" if self.role() != Role::Text => {}
            b"s" => self.format.heading |= self.headings.contains(&value),
            b"outlinelevel" => self.format.heading = value < 9,
            b"pard" => self.format = Format::default(),
            b"intbl" => self.format.table = if on { self.format.table.max(1) } else { 0 },
            b"itap" => self.format.table = usize::try_from(value).unwrap_or(0),
            b"ls" => self.format.in_list = true,
            b"ilvl" => self.format.level = usize::try_from(value).unwrap_or(0),
            b"par" | b"sect" => self.end_paragraph(),
            b"cell" | b"row" | b"nestcell" | b"nestrow" => self.table(name),
            _ => self.put_word(name),
        }
    }

    fn table(&mut self, name: &[u8]) {
        let shown = self.role() == Role::Text;
        let Some(flow) = self.flows.last_mut().filter(|_| shown) else { return };
        match name {
            b"cell" => flow.cell(&self.format),
            b"row" => flow.row(),
            b"nestcell" => flow.inner_cell(),
            _ => flow.inner_row(),
        }
    }

    /// Adds the character that a control word stands for.
    fn put_word(&mut self, name: &[u8]) {
        let text = match name {
            b"line" | b"lbr" | b"page" | b"column" => "\n",
            b"tab" => "\t",
            b"emdash" => "—",
            b"endash" => "–",
            b"lquote" => "‘",
            b"rquote" => "’",
            b"ldblquote" => "“",
            b"rdblquote" => "”",
            b"bullet" => "•",
            b"emspace" | b"enspace" | b"qmspace" => " ",
            b"mden" => "/",
            b"msup" => "^",
            b"msub" => "_",
            b"chftn" if self.flows.len() == 1 => {
                let mark = format!("[{}]", self.notes + 1);
                return self.add(&mark);
            }
            _ => return,
        };
        self.add(text);
    }

    fn set(&mut self, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.last_mut() {
            change(group);
        }
    }

    fn font(&mut self, number: i32) {
        self.set(|group| group.font = number);
        if self.groups.last().is_some_and(|group| group.role == Role::Fonts) && self.fonts.len() < 10_000 {
            self.fonts.insert(number, Font::default());
        }
    }

    fn charset(&mut self, encoding: Option<&'static Encoding>, symbols: bool) {
        let Some(group) = self.groups.last().filter(|group| group.role == Role::Fonts) else { return };
        if let Some(font) = self.fonts.get_mut(&group.font) {
            font.encoding = encoding.or(font.encoding);
            font.symbols = symbols;
        }
    }

    fn unicode(&mut self, number: i32) {
        let Some(group) = self.groups.last() else { return };
        let (hidden, substitutes) = (group.role == Role::Hidden, group.substitutes);
        if !self.bytes.is_empty() {
            self.flush();
        }
        if !hidden {
            // RTF writes large code units as negative numbers.
            self.units.push(number as u16);
        }
        self.skip = substitutes;
    }

    /// Sets the destination of the group, if the control word names one. Unknown destinations are skipped if marked as optional.
    fn destination(&mut self, name: &[u8], optional: bool) -> bool {
        let role = match name {
            b"fonttbl" => Role::Fonts,
            b"stylesheet" => Role::Styles,
            b"listtext" | b"pntext" => Role::Label,
            b"upr" => Role::Alternatives,
            b"ud" => Role::Text,
            b"footnote" => return self.aside(Aside::Note),
            b"annotation" => return self.aside(Aside::Comment),
            b"atnauthor" => return self.aside(Aside::Author),
            b"shptxt" => return self.aside(Aside::Box),
            b"header" | b"headerl" | b"headerr" | b"headerf" => return self.aside(Aside::Header),
            b"footer" | b"footerl" | b"footerr" | b"footerf" => return self.aside(Aside::Footer),
            b"shpinst" | b"nesttableprops" | b"moMath" | b"moMathPara" | b"fldrslt" => {
                self.set(|group| group.optional = false);
                return true;
            }
            b"colortbl" | b"info" | b"pict" | b"filetbl" | b"listtable" | b"listoverridetable" | b"revtbl" | b"rxe" | b"xe"
            | b"tc" | b"tcn" | b"txe" | b"themedata" | b"datastore" | b"nonshppict" | b"objdata" | b"objclass" | b"objname"
            | b"sp" | b"do" | b"fldinst" | b"datafield" | b"formfield" | b"shprslt" | b"nonesttables" | b"bkmkstart"
            | b"bkmkend" | b"atnid" | b"atrfstart" | b"atrfend" | b"pntxta" | b"pntxtb" | b"ftnsep" | b"ftnsepc" | b"ftncn"
            | b"aftnsep" | b"aftnsepc" | b"aftncn" | b"mmathPict" => Role::Hidden,
            name if optional || name.starts_with(b"m") && name.ends_with(b"Pr") => Role::Hidden,
            _ => return false,
        };
        self.set(|group| {
            let shown = group.role != Role::Hidden || role == Role::Text;
            if shown {
                group.role = role;
            }
            group.optional = false;
        });
        true
    }

    fn aside(&mut self, aside: Aside) -> bool {
        self.begin(aside);
        self.set(|group| group.optional = false);
        true
    }
}
