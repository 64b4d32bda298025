//! Equations on one line, as one would type them.

use crate::formats::zip::xml::{self, Node, Xml};

/// Reads the equation that just began to its end.
pub fn line(xml: &mut Xml<'_>) -> String {
    let mut parts = Parts::default();
    parts.read(xml);
    parts.joined(" ")
}

/// The parts of an equation's element, by role.
#[derive(Default)]
struct Parts {
    all: Vec<(String, String)>,
    /// Characters set in its properties: the sign of a sum, brackets.
    signs: Vec<(String, String)>,
}

impl Parts {
    fn read(&mut self, xml: &mut Xml<'_>) {
        loop {
            match xml.next() {
                Node::Open(tag) => {
                    let name = xml::name(&tag).to_owned();
                    if name == "t" {
                        self.all.push((name, xml.words()));
                    } else if name.ends_with("Pr") {
                        xml.each(|_, tag| {
                            let value = xml::attr(tag, "val").unwrap_or_default().into_owned();
                            self.signs.push((xml::name(tag).to_owned(), value));
                            false
                        });
                    } else {
                        let mut inner = Self::default();
                        inner.read(xml);
                        self.all.push((name.clone(), inner.typed(&name)));
                    }
                }
                Node::Close | Node::End => return,
                Node::Text(_) => {}
            }
        }
    }

    fn part(&self, role: &str) -> &str {
        self.all.iter().find(|(name, _)| name == role).map(|(_, text)| text.as_str()).unwrap_or_default()
    }

    fn sign<'s>(&'s self, name: &str, usual: &'s str) -> &'s str {
        self.signs.iter().find(|(sign, _)| sign == name).map_or(usual, |(_, value)| value.as_str())
    }

    fn joined(&self, between: &str) -> String {
        let paragraphs = self.all.iter().any(|(name, _)| name == "oMath");
        let texts: Vec<_> = self.all.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect();
        texts.join(if paragraphs { between } else { "" })
    }

    fn typed(&self, name: &str) -> String {
        let base = self.part("e");
        let (below, above) = (self.part("sub"), self.part("sup"));
        match name {
            "f" => format!("{}/{}", grouped(self.part("num")), grouped(self.part("den"))),
            "sSup" => format!("{}^{}", grouped(base), grouped(above)),
            "sSub" => format!("{}_{}", grouped(base), grouped(below)),
            "sSubSup" => format!("{}_{}^{}", grouped(base), grouped(below), grouped(above)),
            "rad" if self.part("deg").is_empty() => format!("√{}", grouped(base)),
            "rad" => format!("root({}, {base})", self.part("deg")),
            "nary" => {
                let limit = |sign, text: &str| if text.is_empty() { String::new() } else { format!("{sign}{}", grouped(text)) };
                format!("{}{}{} {base}", self.sign("chr", "∫"), limit('_', below), limit('^', above))
            }
            "d" => {
                let inner: Vec<_> = self.all.iter().filter(|(name, _)| name == "e").map(|(_, text)| text.as_str()).collect();
                let between = self.sign("sepChr", "|");
                format!("{}{}{}", self.sign("begChr", "("), inner.join(between), self.sign("endChr", ")"))
            }
            "func" => format!("{} {base}", self.part("fName")),
            "limLow" => format!("{base}_{}", grouped(self.part("lim"))),
            "limUpp" => format!("{base}^{}", grouped(self.part("lim"))),
            "m" => self.rows("mr", "; "),
            "mr" => self.rows("e", ", "),
            "eqArr" => self.rows("e", "; "),
            _ => self.joined(" "),
        }
    }

    fn rows(&self, role: &str, between: &str) -> String {
        let rows: Vec<_> = self.all.iter().filter(|(name, _)| name == role).map(|(_, text)| text.as_str()).collect();
        rows.join(between)
    }
}

/// Puts a part of more than one character in brackets.
fn grouped(text: &str) -> String {
    let whole = text.chars().all(char::is_alphanumeric) || text.starts_with('(') && text.ends_with(')');
    if whole { text.to_owned() } else { format!("({text})") }
}
