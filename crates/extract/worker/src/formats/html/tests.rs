#![allow(clippy::unwrap_used)]

use super::*;

fn read(html: &str) -> String {
    plain(html)
}

#[test]
fn headings_paragraphs_and_inline_tags_read_as_they_look() {
    let html = "<!DOCTYPE html><html><head><title>Mill &amp; Weir</title><style>p{}</style></head><body>\
        <h1>The Mill</h1>\n<p>It stands\n on the <b>ri</b>ver&nbsp;bank.<br>Second line.</p><p>10<sup>3</sup> m<sup>2</sup>, H<sub>2</sub>O, 1<sup>st</sup>\
        <script>var x = '<p>no</p>';</script><h2>Scope <i>of work</i></h2>After<div>a box</div>and on.</body></html>";
    let parsed = text(html.as_bytes()).unwrap();
    assert_eq!(
        parsed.text,
        "Mill & Weir\n\nThe Mill\n\nIt stands on the river bank.\nSecond line.\n\n10³ m², H2O, 1st\n\nScope of work\n\nAfter\na box\nand on.\n"
    );
    assert_eq!(parsed.kind, Kind::Html);
    assert_eq!(parsed.places, [Place::new(3, "section The Mill"), Place::new(10, "section Scope of work")]);
}

#[test]
fn list_items_have_markers_and_lines_of_their_own() {
    let html = "<p>Before</p><ul><li>one<li><p>two</p><p>more</p><ol start=3><li>c</li><li value=7>g<li>h</ol></li><li></li></ul>After\
        <dl><dt>Weir<dd>A low dam.<dt>Mill<dd>Grinds.</dl>";
    assert_eq!(
        read(html),
        "Before\n\n- one\n- two\n  more\n  3. c\n  7. g\n  8. h\n\nAfter\n\nWeir\n  A low dam.\nMill\n  Grinds."
    );
}

#[test]
fn data_tables_become_rows_and_layout_tables_are_unwrapped() {
    let html = "<table><caption>Levels</caption><thead><tr><th>Site<th>Level</thead><tr><td>Upper<br>pool<td>3.2<tr><td colspan=2>closed<tr><td>a<td></table>";
    assert_eq!(read(html), "Levels\nSite | Level\nUpper pool | 3.2\nclosed\na");
    let spanned = "<table><tr><td rowspan=2>North<td>1<td>2</tr><tr><td>3<td>4</tr><tr><td colspan=2>x<td>y</table>";
    assert_eq!(read(spanned), "North | 1 | 2\n | 3 | 4\nx |  | y");
    let layout =
        "<table><tr><td><table><tr><td>Menu<td>Home</table></td><td><h1>News</h1><p>First.</p><p>Second.</p></td></tr></table>";
    assert_eq!(read(layout), "Menu | Home\n\nNews\n\nFirst.\n\nSecond.");
    assert_eq!(read("<table><tr><td>One</td></tr><tr><td>Two</td></tr></table>"), "One\nTwo");
}

#[test]
fn invisible_content_is_left_out() {
    let html = "a<noscript>no</noscript><template><p>no</template><div style='DISPLAY : none'>no<div>no</div></div><span hidden>no</span>\
        <p hidden>no<p>b<select><option>no<option selected>yes</select><!-- no --><div><b style='display:none'><p>no</b>c</div>";
    assert_eq!(read(html), "a\n\nb yes\n\nc");
    assert_eq!(read("x\u{ad}y\u{200b}z &shy;&#847; &zwnj;&nbsp;end"), "xyz end");
}

#[test]
fn preformatted_text_keeps_its_lines_and_blanks() {
    let html = "<p>Run:</p><pre><code>\nif x:\n    y()\n\tz\r\n</code></pre><p>Inline <code>a  b</code></p>";
    assert_eq!(read(html), "Run:\n\nif x:\n    y()\n\tz\n\nInline a b");
}

#[test]
fn ruby_pictures_quotes_and_links_read_well() {
    assert_eq!(read("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</ruby>です"), "漢(かん)字(じ)です");
    assert_eq!(read("<p>日本\n語と\nEnglish\ntext</p>"), "日本語と English text");
    assert_eq!(
        read("<p>See <a href='https://example.org/x'>the plan</a> <img alt='A weir' src=x><img alt=''> <q>so</q></p>"),
        "See the plan [image: A weir] “so”"
    );
    assert_eq!(
        read("<p>I agree.</p><blockquote type=cite><p>Shall we?</p><blockquote type=cite>When?</blockquote></blockquote>"),
        "I agree.\n\n> Shall we?\n\n> > When?"
    );
}

#[test]
fn broken_markup_is_read_as_browsers_read_it() {
    assert_eq!(read("<b><p>one</b><p>two</i></p></div>three <a href=\"x>four</a>"), "one\n\ntwo\n\nthree four");
    assert_eq!(read("1 < 2 && 3 > 2 <"), "1 < 2 && 3 > 2 <");
    assert_eq!(read("<td>loose<td>cells<li>loose item"), "loose\ncells\n- loose item");
    assert_eq!(
        read(
            "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script src='x'/><title/><p>a<a id='n'/>b<![CDATA[ c < d]]></p></html>"
        ),
        "ab c < d"
    );
}

#[test]
fn a_page_is_decoded_in_its_declared_encoding() {
    let page = "<html><head><meta charset=windows-1251></head><body>Уровень воды</body></html>";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(page);
    assert_eq!(text(&bytes).unwrap().text, "Уровень воды\n");
}

#[test]
fn a_page_without_text_says_so() {
    assert_eq!(text(b"<html><body></body></html>").unwrap_err(), Failure::no_text("an empty page"));
    let made = format!("<html><body><div id=app></div><script>{}</script></body></html>", "x();".repeat(2000));
    assert_eq!(text(made.as_bytes()).unwrap_err(), Failure::no_text("a page that scripts fill in"));
    let partly = text(made.replace("<div", "Loading<div").as_bytes()).unwrap();
    assert_eq!(partly.doubts.len(), 1);
}

#[test]
fn depth_and_disorder_take_linear_time() {
    let n = 100_000;
    for (open, close) in [
        ("<div>", "</div>"),
        ("<b>", "</i>"),
        ("<table><tr><td>", "</table>"),
        ("<ul><li>", "</div>"),
        ("<p><span>", "</p>"),
        ("<blockquote type=cite>", ""),
    ] {
        let html = format!("{}middle{}", open.repeat(n), close.repeat(n));
        assert!(read(&html).contains("middle"), "{open}");
    }
    for piece in
        ["<![CDATA[", "<a href=\"", "&", "<!", "<td colspan=1000 rowspan=1000>", "<script>", "<!--", "<table><tr><td colspan=99>"]
    {
        read(&piece.repeat(n));
    }
}
