#![allow(clippy::unwrap_used)]

use super::text;

fn read(body: &str) -> String {
    text(format!("{{\\rtf1\\ansi\\ansicpg1252{body}}}").as_bytes()).unwrap().text
}

#[test]
fn fonts_decide_how_bytes_are_decoded() {
    let fonts =
        "{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 Arial Cyr;}{\\f2\\fcharset128 Gothic;}{\\f3\\fcharset2 Symbol;}}";
    let body = "\\f0 caf\\'e9 {\\f1 \\'cc\\'ee\\'f1\\'ea\\'e2\\'e0} {\\f2 \\'93\\'fa\\'96\\'7b} {\\f3 ab\\'b3}";
    assert_eq!(read(&format!("{fonts}{body}")), "café Москва 日本 αβ≥\n");
}

#[test]
fn unicode_replaces_its_fallback_characters() {
    assert_eq!(read("\\uc1 a\\u8364?b \\uc2\\u26085\\'93\\'fax \\uc0\\u8211 y"), "a€b 日x –y\n");
    assert_eq!(read("\\uc1\\u-10179?\\u-8704?"), "😀\n");
    assert_eq!(read("{\\upr{Stra?e}{\\*\\ud Stra\\u223?e}}"), "Straße\n");
}

#[test]
fn hidden_text_and_metadata_are_left_out() {
    let body = "{\\info{\\title No}}{\\*\\generator No;}{\\pict 0102}{\\v hidden}{\\deleted gone}{\\*\\unknown{\\par No}}One{\\xe no} word\\par\
                {\\field{\\*\\fldinst PAGE}{\\fldrslt 7}} two\\line three\\bin5 {{{{{ four";
    assert_eq!(read(body), "One word\n\n7 two\nthree four\n");
}

#[test]
fn nested_tables_stay_in_their_cell() {
    let inner = "\\pard\\intbl\\itap2 x\\nestcell y\\nestcell{\\*\\nesttableprops\\trowd\\nestrow}{\\nonesttables\\par}\\pard\\intbl\\cell";
    let body = format!(
        "Before\\par\\trowd\\pard\\intbl one\\par two\\cell b\\cell\\row\\trowd\\pard\\intbl c\\cell {inner}\\row\\pard After\\par"
    );
    assert_eq!(read(&body), "Before\n\none two | b\nc | x, y\n\nAfter\n");
}

#[test]
fn notes_follow_paragraphs_and_margins_enclose_the_text() {
    let body = "{\\header above\\par}{\\footer below\\par}Laid{\\super\\chftn{\\footnote\\pard{\\super\\chftn} See page 4.}} in 1962\\par Next\\par";
    assert_eq!(read(body), "above\n\nLaid[1] in 1962\n\n[1] See page 4.\n\nNext\n\nbelow\n");
}

#[test]
fn list_labels_precede_their_items() {
    let body = "\\pard{\\listtext 1.\\tab}\\ls1 one\\par{\\listtext 2.\\tab}two\\par\\pard{\\pntext\\'b7\\tab}dot\\par";
    assert_eq!(read(body), "1. one\n2. two\n- dot\n");
}

#[test]
fn a_million_open_groups_end_in_time_with_a_doubt() {
    let parsed = text(format!("{{\\rtf1 Kept{}", "{".repeat(1_000_000)).as_bytes()).unwrap();
    assert_eq!((parsed.text.as_str(), parsed.doubts.len()), ("Kept\n", 1));
}
