//! Lays out text: blanks and breaks become the gaps between words, lines and paragraphs.

/// Marks a heading until the lines are counted. No text contains it, because control characters are left out.
pub const HEADING: char = '\u{1}';

/// The gap between the last word and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    /// A line end in the source: no gap between Chinese characters, a blank elsewhere.
    Wrap,
    Blank,
    Line,
    Paragraph,
}

/// A text that runs from top to bottom: the page itself, or the cell of a table.
pub struct Flow {
    text: String,
    gap: Gap,
    /// The marker before the next word: "- ", "3. ".
    marker: Option<String>,
    /// Depth of nested lists.
    pub lists: usize,
    /// Depth of quoted e-mails.
    pub quotes: usize,
    /// Depth of elements that keep their line ends.
    pub verbatim: usize,
}

impl Flow {
    /// Makes an empty flow.
    pub fn new() -> Self {
        Self { text: String::new(), gap: Gap::None, marker: None, lists: 0, quotes: 0, verbatim: 0 }
    }

    /// The text written so far.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The current length of the text, for [`Flow::replace_tail`].
    pub fn mark(&self) -> usize {
        self.text.len()
    }

    /// Replaces the text written since `mark`, if `change` returns a new one.
    pub fn replace_tail(&mut self, mark: usize, change: impl Fn(&str) -> Option<String>) {
        let Some(tail) = self.text.get(mark..) else { return };
        let start = mark + tail.len() - tail.trim_start().len();
        if let Some(changed) = change(&self.text[start..]) {
            self.text.truncate(start);
            self.text.push_str(&changed);
        }
    }

    /// Begins a new line.
    pub fn line(&mut self) {
        self.gap = self.gap.max(Gap::Line);
    }

    /// Begins a new paragraph or, in a list, a new line.
    pub fn paragraph(&mut self) {
        self.gap = self.gap.max(if self.lists > 0 { Gap::Line } else { Gap::Paragraph });
    }

    /// Adds a line break; two of them separate paragraphs.
    pub fn break_line(&mut self) {
        if self.verbatim > 0 {
            self.verbatim_line_end();
        } else if self.gap >= Gap::Line {
            self.paragraph();
        } else {
            self.line();
        }
    }

    /// Separates the next word by at least a blank.
    pub fn blank(&mut self) {
        self.gap = self.gap.max(Gap::Blank);
    }

    /// Begins a list item.
    pub fn item(&mut self, marker: String) {
        self.line();
        self.marker = Some(marker);
    }

    /// Begins a heading.
    pub fn heading(&mut self) {
        self.marker.get_or_insert_default().push(HEADING);
    }

    /// Drops the marker of a heading or an item without words.
    pub fn drop_marker(&mut self) {
        self.marker = None;
    }

    /// Writes text of the page.
    pub fn write(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.verbatim > 0 => self.verbatim_line_end(),
                '\t' if self.verbatim > 0 => self.put(c),
                ' ' | '\u{a0}' if self.verbatim > 0 => self.put(' '),
                '\n' => self.gap = self.gap.max(Gap::Wrap),
                ' ' | '\t' | '\r' | '\u{c}' | '\u{a0}' => self.blank(),
                // Soft hyphens and other zero-width marks, which fill newsletters.
                '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{34f}' => {}
                // A joiner with nothing to join.
                '\u{200c}' if self.gap > Gap::None || self.text.is_empty() => {}
                c if c.is_control() => {}
                c => self.put(c),
            }
        }
    }

    fn verbatim_line_end(&mut self) {
        if !self.text.is_empty() && self.gap < Gap::Line {
            self.open_gap(None);
            self.text.push('\n');
            self.prefix();
        }
    }

    fn put(&mut self, c: char) {
        self.open_gap(Some(c));
        self.text.push(c);
    }

    /// Writes the gap between the last word and `next`.
    fn open_gap(&mut self, next: Option<char>) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        if self.text.is_empty() {
            self.prefix();
        } else {
            match gap {
                Gap::None => {}
                Gap::Wrap if next.is_some_and(unspaced) && self.text.ends_with(unspaced) => {}
                Gap::Wrap | Gap::Blank => self.text.push(' '),
                Gap::Line => self.text.push('\n'),
                Gap::Paragraph => self.text.push_str("\n\n"),
            }
            if gap >= Gap::Line {
                self.prefix();
            }
        }
        if let Some(marker) = self.marker.take() {
            self.text.push_str(&marker);
        }
    }

    /// Writes the beginning of a new line: quote marks and indentation.
    fn prefix(&mut self) {
        for _ in 0..self.quotes.min(10) {
            self.text.push_str("> ");
        }
        let inner = self.lists.saturating_sub(usize::from(self.marker.is_some()));
        for _ in 0..inner.min(10) {
            self.text.push_str("  ");
        }
    }

    /// Adds lines that are already laid out.
    pub fn lines(&mut self, text: &str) {
        for line in text.lines() {
            self.line();
            self.open_gap(None);
            self.text.push_str(line);
        }
        self.line();
    }
}

/// Whether this belongs to a script without blanks between words.
fn unspaced(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}
