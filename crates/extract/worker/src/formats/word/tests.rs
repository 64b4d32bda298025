#![allow(clippy::unwrap_used)]

use crate::formats::zip::tests::zipped;
use crate::read;
use plumb_extract::Family;

/// Reads a document with this body and these other parts.
fn text_of(body: &str, others: &[(&str, &str)]) -> String {
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    let mut parts: Vec<(&str, &[u8])> = vec![("[Content_Types].xml", b""), ("word/document.xml", document.as_bytes())];
    parts.extend(others.iter().map(|(name, text)| (*name, text.as_bytes())));
    read(Family::Zip, &zipped(&parts)).unwrap().text
}

fn run(text: &str) -> String {
    format!("<w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r>")
}

fn paragraph(text: &str) -> String {
    format!("<w:p>{}</w:p>", run(text))
}

#[test]
fn words_across_runs_are_neither_joined_nor_split() {
    let body = format!("<w:p>{}{}{}</w:p>", run("The cast"), run("-iron "), run("main"));
    assert_eq!(text_of(&body, &[]), "The cast-iron main\n");
}

#[test]
fn deleted_and_hidden_text_is_left_out_inserted_text_kept() {
    let hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>";
    let body = format!(
        "<w:p>{}<w:ins>{}</w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>{hidden}</w:p>\
         <w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}</w:p>{}",
        run("Stays "),
        run("new"),
        run("One "),
        paragraph("sentence")
    );
    assert_eq!(text_of(&body, &[]), "Stays new\n\nOne sentence\n");
}

#[test]
fn fields_show_results_and_symbols_become_unicode() {
    let field = |kind| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let body = format!(
        "<w:p>{}{}<w:r><w:instrText>PAGE</w:instrText></w:r>{}{}{}<w:r><w:sym w:font=\"Symbol\" w:char=\"F0B3\"/><w:t>5</w:t>\
         <w:noBreakHyphen/><w:t>year</w:t><w:tab/><w:t>a</w:t><w:br/><w:t>b</w:t></w:r></w:p>",
        run("Page "),
        field("begin"),
        field("separate"),
        run("7 "),
        field("end")
    );
    assert_eq!(text_of(&body, &[]), "Page 7 ≥5-year\ta\nb\n");
}

#[test]
fn a_text_box_appears_once_after_its_paragraph() {
    let inside = format!("<w:txbxContent>{}</w:txbxContent>", paragraph("In a box"));
    let body = format!(
        "<w:p>{}<w:r><mc:AlternateContent><mc:Choice><w:drawing>{inside}</w:drawing></mc:Choice><mc:Fallback><w:pict>{inside}</w:pict>\
         </mc:Fallback></mc:AlternateContent></w:r>{}</w:p>",
        run("Around "),
        run("it")
    );
    assert_eq!(text_of(&body, &[]), "Around it\n\nIn a box\n");
}

#[test]
fn merged_cells_keep_columns_and_nested_tables_their_cell() {
    let cell = |properties: &str, content: &str| format!("<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>");
    let row = |cells: &[String]| format!("<w:tr>{}</w:tr>", cells.concat());
    let inner = format!("<w:tbl>{}</w:tbl>", row(&[cell("", &paragraph("x")), cell("", &paragraph("y"))]));
    let body = format!(
        "<w:tbl>{}{}{}<w:tr><w:trPr><w:del/></w:trPr>{}</w:tr></w:tbl>",
        row(&[cell("<w:gridSpan w:val=\"2\"/>", &paragraph("wide")), cell("", &paragraph("c"))]),
        row(&[cell("<w:vMerge w:val=\"restart\"/>", &paragraph("tall")), cell("", &paragraph("b")), cell("", &paragraph("c"))]),
        row(&[cell("<w:vMerge/>", "<w:p/>"), cell("", &format!("{}{}", paragraph("one"), paragraph("two"))), cell("", &inner)]),
        cell("", &paragraph("deleted"))
    );
    assert_eq!(text_of(&body, &[]), "wide |  | c\ntall | b | c\n | one two | x, y\n");
}

#[test]
fn lists_are_numbered_as_word_numbers_them() {
    let level = |place: usize, format: &str, text: &str| {
        format!(
            "<w:lvl w:ilvl=\"{place}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/><w:lvlText w:val=\"{text}\"/></w:lvl>"
        )
    };
    let numbering = format!(
        "<w:numbering><w:abstractNum w:abstractNumId=\"0\">{}{}</w:abstractNum><w:abstractNum w:abstractNumId=\"1\">{}</w:abstractNum>\
         <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num><w:num w:numId=\"2\"><w:abstractNumId w:val=\"1\"/></w:num>\
         <w:num w:numId=\"3\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"5\"/></w:lvlOverride></w:num>\
         </w:numbering>",
        level(0, "upperRoman", "%1."),
        level(1, "lowerLetter", "%1%2)"),
        level(0, "bullet", "•")
    );
    let item = |list: usize, level: usize, text: &str| {
        let place = format!("<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr>");
        format!("<w:p><w:pPr>{place}</w:pPr>{}</w:p>", run(text))
    };
    let body = [
        item(1, 0, "one"),
        item(1, 1, "under"),
        item(1, 1, "under too"),
        item(1, 0, "two"),
        item(1, 1, "again"),
        paragraph("Between"),
        item(1, 0, "three"),
        item(2, 0, "dot"),
        item(3, 0, "five"),
    ];
    let links = "<Relationships><Relationship Id=\"a\" Type=\"x/numbering\" Target=\"numbering.xml\"/></Relationships>";
    let text = text_of(&body.concat(), &[("word/_rels/document.xml.rels", links), ("word/numbering.xml", &numbering)]);
    let expected = "I. one\n  Ia) under\n  Ib) under too\nII. two\n  IIa) again\n\nBetween\n\nIII. three\n\n- dot\n\nV. five\n";
    assert_eq!(text, expected);
}

#[test]
fn equations_take_one_line_and_readings_follow_words() {
    let part = |name: &str, text: &str| format!("<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>");
    let body = format!(
        "<w:p>{}<m:oMath><m:f>{}{}</m:f><m:r><m:t>=</m:t></m:r><m:sSup>{}{}</m:sSup></m:oMath></w:p>\
         <w:p><w:r><w:ruby><w:rt>{}</w:rt><w:rubyBase>{}</w:rubyBase></w:ruby></w:r>{}</w:p>",
        run("It is "),
        part("num", "a"),
        part("den", "b+1"),
        part("e", "x"),
        part("sup", "2"),
        run("かんじ"),
        run("漢字"),
        run("と")
    );
    assert_eq!(text_of(&body, &[]), "It is a/(b+1)=x^2\n\n漢字(かんじ)と\n");
}

#[test]
fn headers_come_first_footers_last_comments_between() {
    let links = "<Relationships><Relationship Id=\"a\" Type=\"x/header\" Target=\"h.xml\"/><Relationship Id=\"b\" Type=\"x/footer\" Target=\"f.xml\"/>\
                 <Relationship Id=\"c\" Type=\"x/comments\" Target=\"c.xml\"/></Relationships>";
    let comments =
        format!("<w:comments><w:comment w:id=\"4\" w:author=\"Reader\">{}</w:comment></w:comments>", paragraph("check this"));
    let (header, footer) = (format!("<w:hdr>{}</w:hdr>", paragraph("above")), format!("<w:ftr>{}</w:ftr>", paragraph("below")));
    let body = format!("<w:p>{}<w:r><w:commentReference w:id=\"4\"/></w:r>{}</w:p>", run("In "), run("between"));
    let others =
        [("word/_rels/document.xml.rels", links), ("word/h.xml", &header), ("word/f.xml", &footer), ("word/c.xml", &comments)];
    assert_eq!(text_of(&body, &others), "above\n\nIn between\n\n[comment by Reader] check this\n\nbelow\n");
}
