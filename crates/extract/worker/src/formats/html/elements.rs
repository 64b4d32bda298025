//! Properties of elements, by name.

use super::tokens::Tag;

/// Whether an element has no content, or its start and end mean nothing here.
pub fn is_void(name: &str) -> bool {
    matches!(
        name,
        "html"
            | "head"
            | "body"
            | "meta"
            | "link"
            | "base"
            | "col"
            | "colgroup"
            | "wbr"
            | "br"
            | "source"
            | "track"
            | "param"
            | "area"
            | "input"
            | "embed"
            | "frame"
            | "frameset"
            | "script"
            | "style"
            | "title"
            | "iframe"
            | "noembed"
            | "noframes"
            | "tbody"
            | "thead"
            | "tfoot"
    )
}

/// Whether an element stands on lines of its own.
pub fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "legend"
            | "li"
            | "listing"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "p"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "text"
            | "ul"
            | "xmp"
    )
}

/// Whether an element may end while a block that began in it continues.
pub fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "big"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "kbd"
            | "nobr"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "tt"
            | "u"
            | "var"
    )
}

/// Whether an element and its content are invisible.
pub fn hides(tag: &Tag<'_>) -> bool {
    match &*tag.name {
        "template" | "noscript" | "datalist" | "rp" | "audio" | "video" | "canvas" | "annotation" | "annotation-xml" | "defs"
        | "desc" | "metadata" => return true,
        "option" if tag.attribute("selected").is_none() => return true,
        _ => {}
    }
    if tag.attribute("hidden").is_some() {
        return true;
    }
    let Some(style) = tag.attribute("style") else { return false };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    ["display:none", "visibility:hidden", "mso-hide:all"].iter().any(|hiding| style.contains(hiding))
}

/// Converts digits to superscript, so that powers and note numbers do not run into the word before them.
pub fn raised(text: &str) -> Option<String> {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| match c {
        '+' => Some('⁺'),
        '-' | '−' => Some('⁻'),
        c => DIGITS.get(usize::try_from(c.to_digit(10)?).ok()?).copied(),
    };
    (text.len() < 8 && text.contains(|c: char| c.is_ascii_digit())).then(|| text.chars().map(raise).collect())?
}
