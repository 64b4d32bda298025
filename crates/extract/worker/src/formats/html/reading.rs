//! Reads the visible text of a page, from top to bottom.

use super::{
    elements::{hides, is_block, is_inline, is_void, raised},
    flow::Flow,
    table::Table,
    tokens::{Tag, Token, Tokens, resolved},
};
use std::collections::HashMap;

/// Maximum depth of nested tables; deeper ones are read as plain text.
const MAX_TABLE_DEPTH: usize = 30;

/// The visible content of a page.
#[derive(Default)]
pub struct Reading {
    /// The title.
    pub title: String,
    /// The text, with [`super::flow::HEADING`] before headings.
    pub text: String,
    /// Size of its scripts, in bytes.
    pub scripts: usize,
}

/// Reads a page.
pub fn read(html: &str) -> Reading {
    let mut reader = Reader::new();
    let mut raw = None;
    for token in Tokens::new(html) {
        match token {
            Token::Start(tag) => {
                let holds_no_tags =
                    matches!(&*tag.name, "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" | "title");
                raw = (holds_no_tags && !tag.closed).then(|| tag.name.to_string());
                let closed = tag.closed.then(|| tag.name.to_string());
                reader.start(&tag);
                if let Some(name) = closed {
                    reader.end(&name);
                }
            }
            Token::End(name) => {
                raw = None;
                reader.end(&name);
            }
            Token::Text(text) => match raw.as_deref() {
                Some("title") => reader.title(&resolved(text)),
                _ => reader.text(&resolved(text)),
            },
            Token::Verbatim(text) => match raw.as_deref() {
                Some("script") => reader.scripts += text.len(),
                Some("xmp") | None => reader.text(text),
                Some(_) => {}
            },
        }
    }
    reader.finish()
}

/// The effect of the end of an element.
enum Effect {
    None,
    Line,
    Block,
    Heading,
    List,
    Definition,
    Verbatim,
    Quote,
    Raised(usize),
    Ruby,
    Quotation,
    Table,
    Row,
    Cell { head: bool, columns: usize, rows: usize },
    Caption,
}

/// An open element.
struct Open {
    name: Box<str>,
    hides: bool,
    effect: Effect,
}

/// An open list, with the index of its open item.
struct List {
    next: Option<i64>,
    item: Option<usize>,
    step: i64,
}

/// An open table, with the indices of its open parts.
struct Frame {
    table: Table,
    at: usize,
    row: Option<usize>,
    cell: Option<usize>,
}

struct Reader {
    title: String,
    scripts: usize,
    open: Vec<Open>,
    /// For each open table cell, the number of open elements by name, because a tag inside a cell cannot close an element outside it.
    scopes: Vec<HashMap<Box<str>, usize>>,
    flows: Vec<Flow>,
    flow: Flow,
    lists: Vec<List>,
    frames: Vec<Frame>,
    hidden: usize,
}

impl Reader {
    fn new() -> Self {
        Self {
            title: String::new(),
            scripts: 0,
            open: Vec::new(),
            scopes: vec![HashMap::new()],
            flows: Vec::new(),
            flow: Flow::new(),
            lists: Vec::new(),
            frames: Vec::new(),
            hidden: 0,
        }
    }

    fn finish(mut self) -> Reading {
        self.close_to(0);
        Reading { title: self.title, text: self.flow.into_text(), scripts: self.scripts }
    }

    fn title(&mut self, text: &str) {
        // Drawings have titles too.
        if self.title.is_empty() && self.open_count("svg") == 0 {
            self.title = text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden == 0 {
            self.flow.write(text);
        }
    }

    fn open_count(&self, name: &str) -> usize {
        self.scopes.last().and_then(|scope| scope.get(name)).copied().unwrap_or(0)
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let name = &*tag.name;
        self.close_implied(name);
        match name {
            "br" if self.hidden == 0 => return self.flow.break_line(),
            "hr" => return self.flow.paragraph(),
            "img" => return self.image(tag),
            name if is_void(name) => return,
            _ => {}
        }
        let hides = hides(tag);
        self.hidden += usize::from(hides);
        let at = self.open.len();
        let effect = self.effect(tag, at);
        if let Some(scope) = self.scopes.last_mut() {
            *scope.entry(name.into()).or_default() += 1;
        }
        if matches!(effect, Effect::Cell { .. } | Effect::Caption) {
            self.scopes.push(HashMap::new());
        }
        self.open.push(Open { name: name.into(), hides, effect });
    }

    /// Applies the start of an element and returns the effect of its end.
    fn effect(&mut self, tag: &Tag<'_>, at: usize) -> Effect {
        match &*tag.name {
            "h1" | "h2" | "h3" => {
                self.flow.paragraph();
                self.flow.heading();
                Effect::Heading
            }
            "p" | "h4" | "h5" | "h6" | "blockquote" | "dl" | "figure" | "article" | "section" | "fieldset" | "details" => {
                self.flow.paragraph();
                let quoted = tag.name == "blockquote"
                    && (tag.attribute("type").is_some_and(|v| v.eq_ignore_ascii_case("cite"))
                        || tag.attribute("class").is_some_and(|v| v.contains("gmail_quote")));
                self.flow.quotes += usize::from(quoted);
                if quoted { Effect::Quote } else { Effect::Block }
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.flow.paragraph();
                self.flow.lists += 1;
                let start = tag.attribute("start").and_then(|v| v.trim().parse().ok());
                let step = if tag.attribute("reversed").is_some() { -1 } else { 1 };
                self.lists.push(List { next: (tag.name == "ol").then(|| start.unwrap_or(1)), item: None, step });
                Effect::List
            }
            "li" => {
                self.item(tag, at);
                Effect::Line
            }
            "dd" => {
                self.flow.line();
                self.flow.lists += 1;
                self.flow.drop_marker();
                Effect::Definition
            }
            "pre" | "listing" | "xmp" | "textarea" => {
                self.flow.paragraph();
                self.flow.verbatim += 1;
                Effect::Verbatim
            }
            "sup" => Effect::Raised(self.flow.mark()),
            "rt" => {
                self.text("(");
                Effect::Ruby
            }
            "q" => {
                self.text("“");
                Effect::Quotation
            }
            "table" if self.frames.len() < MAX_TABLE_DEPTH => {
                self.flow.paragraph();
                let layout = tag.attribute("role").is_some_and(|role| matches!(&*role, "presentation" | "none"));
                if let Some(outer) = self.frames.last_mut() {
                    outer.table.layout = true;
                }
                self.frames.push(Frame { table: Table::new(layout), at, row: None, cell: None });
                Effect::Table
            }
            "tr" | "td" | "th" | "caption" => self.part_of_table(tag, at),
            "button" | "option" | "select" | "mi" | "mn" | "mo" | "mtext" => {
                self.flow.blank();
                Effect::None
            }
            name if is_block(name) => {
                self.flow.line();
                Effect::Line
            }
            _ => Effect::None,
        }
    }

    fn part_of_table(&mut self, tag: &Tag<'_>, at: usize) -> Effect {
        let Some(frame) = self.frames.last_mut() else {
            self.flow.line();
            return Effect::Line;
        };
        if tag.name == "tr" {
            frame.table.begin_row();
            frame.row = Some(at);
            return Effect::Row;
        }
        frame.cell = Some(at);
        self.flows.push(std::mem::replace(&mut self.flow, Flow::new()));
        if tag.name == "caption" {
            return Effect::Caption;
        }
        let number = |name| tag.attribute(name).and_then(|v| v.trim().parse().ok()).unwrap_or(1);
        Effect::Cell { head: tag.name == "th", columns: number("colspan"), rows: number("rowspan") }
    }

    fn item(&mut self, tag: &Tag<'_>, at: usize) {
        let Some(list) = self.lists.last_mut().filter(|_| self.flow.lists > 0) else {
            return self.flow.item("- ".to_owned());
        };
        list.item = Some(at);
        if let Some(next) = list.next.as_mut() {
            let own = tag.attribute("value").and_then(|v| v.trim().parse().ok());
            let number = own.unwrap_or(*next);
            *next = number.saturating_add(list.step);
            return self.flow.item(format!("{number}. "));
        }
        self.flow.item("- ".to_owned());
    }

    fn image(&mut self, tag: &Tag<'_>) {
        let alt = tag.attribute("alt").unwrap_or_default();
        let alt = alt.trim();
        if alt.is_empty() || self.hidden > 0 || hides(tag) {
            return;
        }
        if alt.chars().count() <= 2 {
            // The picture stands for a single character.
            return self.flow.write(alt);
        }
        self.flow.blank();
        self.flow.write(&format!("[image: {alt}]"));
        self.flow.blank();
    }

    /// Closes elements that end implicitly where another one begins.
    fn close_implied(&mut self, name: &str) {
        match name {
            "li" => {
                if let Some(at) = self.lists.last().filter(|_| self.flow.lists > 0).and_then(|list| list.item) {
                    self.close_to(at);
                }
            }
            "td" | "th" | "caption" | "tr" | "tbody" | "thead" | "tfoot" => {
                if let Some(frame) = self.frames.last() {
                    let row = frame.row.filter(|_| !matches!(name, "td" | "th"));
                    if let Some(at) = row.or(frame.cell) {
                        self.close_to(at);
                    }
                }
            }
            "dt" | "dd" => self.close_nearest(&["dt", "dd"], "dl"),
            "option" | "optgroup" => self.close_nearest(&["option"], "select"),
            "rt" | "rp" | "rb" => self.close_nearest(&["rt", "rp", "rb"], "ruby"),
            _ => {}
        }
        let is_heading = |name: &str| matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        if is_heading(name) && self.open.last().is_some_and(|open| is_heading(&open.name)) {
            self.close_to(self.open.len() - 1);
        }
        if is_block(name) && self.open_count("p") > 0 {
            self.end("p");
        }
    }

    /// Closes the innermost element with one of these names if it is near and inside `outer`.
    fn close_nearest(&mut self, names: &[&str], outer: &str) {
        let near = self.open.iter().enumerate().rev().take(32);
        let found = near.take_while(|(_, open)| &*open.name != outer).find(|(_, open)| names.contains(&&*open.name));
        if let Some((at, _)) = found {
            self.close_to(at);
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(frame) = self.frames.last() {
            let at = match name {
                "table" => Some(Some(frame.at)),
                "tr" => Some(frame.row),
                "td" | "th" | "caption" => Some(frame.cell),
                "tbody" | "thead" | "tfoot" => Some(frame.row.or(frame.cell)),
                _ => None,
            };
            if let Some(at) = at {
                return at.map_or((), |at| self.close_to(at));
            }
        }
        if self.open_count(name) == 0 {
            match name {
                "p" => self.flow.paragraph(),
                "br" if self.hidden == 0 => self.flow.break_line(),
                _ => {}
            }
            return;
        }
        if is_inline(name) && self.end_inline(name) {
            return;
        }
        if let Some(at) = self.open.iter().rposition(|open| &*open.name == name) {
            self.close_to(at);
        }
    }

    /// Closes an inline element without closing the blocks that began in it.
    fn end_inline(&mut self, name: &str) -> bool {
        let near = self.open.iter_mut().rev().take(64);
        let Some(open) = { near }.find(|open| *open.name == *name) else { return false };
        open.name = "".into();
        self.hidden -= usize::from(std::mem::take(&mut open.hides));
        if let Some(count) = self.scopes.last_mut().and_then(|scope| scope.get_mut(name)) {
            *count -= 1;
        }
        while self.open.last().is_some_and(|open| open.name.is_empty()) {
            self.open.pop();
        }
        true
    }

    /// Closes all open elements from index `at` on.
    fn close_to(&mut self, at: usize) {
        while self.open.len() > at {
            let Some(open) = self.open.pop() else { return };
            if matches!(open.effect, Effect::Cell { .. } | Effect::Caption) {
                self.scopes.pop();
            }
            if let Some(count) = self.scopes.last_mut().and_then(|scope| scope.get_mut(&open.name)) {
                *count = count.saturating_sub(1);
            }
            self.apply_end(open.effect);
            self.hidden -= usize::from(open.hides);
        }
    }

    fn apply_end(&mut self, effect: Effect) {
        match effect {
            Effect::None => {}
            Effect::Line => self.flow.line(),
            Effect::Block => self.flow.paragraph(),
            Effect::Heading => {
                self.flow.drop_marker();
                self.flow.paragraph();
            }
            Effect::List => {
                self.lists.pop();
                self.flow.drop_marker();
                self.flow.lists = self.flow.lists.saturating_sub(1);
                self.flow.paragraph();
            }
            Effect::Definition => {
                self.flow.lists = self.flow.lists.saturating_sub(1);
                self.flow.line();
            }
            Effect::Verbatim => {
                self.flow.verbatim = self.flow.verbatim.saturating_sub(1);
                self.flow.paragraph();
            }
            Effect::Quote => {
                self.flow.quotes = self.flow.quotes.saturating_sub(1);
                self.flow.paragraph();
            }
            Effect::Raised(mark) => self.flow.replace_tail(mark, raised),
            Effect::Ruby => self.text(")"),
            Effect::Quotation => self.text("”"),
            Effect::Table => {
                if let Some(frame) = self.frames.pop() {
                    self.flow.paragraph();
                    self.flow.lines(&frame.table.into_text());
                    self.flow.paragraph();
                }
            }
            Effect::Row => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.row = None;
                    frame.table.end_row();
                }
            }
            Effect::Cell { .. } | Effect::Caption => {
                let outer = self.flows.pop().unwrap_or_else(Flow::new);
                let text = std::mem::replace(&mut self.flow, outer).into_text();
                let Some(frame) = self.frames.last_mut() else { return };
                frame.cell = None;
                match effect {
                    Effect::Cell { head, columns, rows } => frame.table.cell(text, head, columns, rows),
                    _ => frame.table.caption = text,
                }
            }
        }
    }
}
