//! Tests on pages written here, character by character. A character is half as wide as its font size; an East Asian one is as wide.
#![allow(clippy::unwrap_used)]

use super::*;
use plumb_extract::FailureState;

/// A page's drawing, in points from the lower left corner, and further entries of its dictionary.
struct Sheet {
    drawing: String,
    more: &'static str,
}

impl Sheet {
    fn new() -> Self {
        Self { drawing: String::new(), more: "" }
    }

    /// Draws a picture at `x` and `y`.
    fn picture(mut self, [x, y, wide, high]: [u32; 4]) -> Self {
        self.drawing.push_str(&format!("q {wide} 0 0 {high} {x} {y} cm /Im Do Q\n"));
        self
    }

    /// A page that is a single picture.
    fn scan() -> Self {
        Self::new().picture([0, 0, 600, 800])
    }

    /// Writes a text that begins at `x` and `y`.
    fn at(mut self, x: f32, y: f32, size: f32, text: &str) -> Self {
        self.drawing.push_str(&format!("BT /U {size} Tf 1 0 0 1 {x} {y} Tm <{}> Tj ET\n", codes(text)));
        self
    }

    /// As [`Self::at`] in size 10, turned counterclockwise by the angle with this cosine and sine.
    fn turned(mut self, [cos, sin]: [f32; 2], x: f32, y: f32, text: &str) -> Self {
        self.drawing.push_str(&format!("BT /U 10 Tf {cos} {sin} {} {cos} {x} {y} Tm <{}> Tj ET\n", -sin, codes(text)));
        self
    }

    /// Writes the lines of a paragraph in size 10.
    fn lines(self, x: f32, y: f32, lines: &[&str]) -> Self {
        lines.iter().enumerate().fold(self, |sheet, (at, line)| sheet.at(x, y - 12.0 * at as f32, 10.0, line))
    }
}

fn codes(text: &str) -> String {
    text.encode_utf16().map(|code| format!("{code:04x}")).collect()
}

fn pdf(sheets: &[Sheet]) -> Vec<u8> {
    pdf_with(sheets, &[])
}

/// A PDF with more objects, numbered from 10.
fn pdf_with(sheets: &[Sheet], more: &[&str]) -> Vec<u8> {
    const MAP: &str = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def 1 begincodespacerange <0000> <ffff> \
                       endcodespacerange 1 beginbfrange <0000> <ffff> <0000> endbfrange endcmap end end";
    let kids: String = (0..sheets.len()).map(|at| format!("{} 0 R ", 100 + at * 2)).collect();
    let mut objects = vec![
        (1, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [10 0 R] /DA (/F 10 Tf) >> >>".to_owned()),
        (2, format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", sheets.len())),
        (3, "<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>".to_owned()),
        (
            4,
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> \
             /FontDescriptor 5 0 R /DW 500 /W [12288 40959 1000] >>"
                .to_owned(),
        ),
        (
            5,
            "<< /Type /FontDescriptor /FontName /Any /Flags 4 /FontBBox [0 -200 1000 800] /Ascent 800 /Descent -200 /ItalicAngle 0 /StemV 80 \
             /CapHeight 700 >>"
                .to_owned(),
        ),
        (6, format!("<< /Length {} >>\nstream\n{MAP}\nendstream", MAP.len())),
        (7, "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 1 >>\nstream\nA\nendstream".to_owned()),
    ];
    objects.extend(more.iter().enumerate().map(|(at, object)| (10 + at, (*object).to_owned())));
    for (at, Sheet { drawing, more }) in sheets.iter().enumerate() {
        let number = 100 + at * 2;
        objects.push((
            number,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {} 0 R {more} /Resources << /Font << /U 3 0 R >> /XObject << \
                 /Im 7 0 R /Fm 11 0 R >> >> >>",
                number + 1
            ),
        ));
        objects.push((number + 1, format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len())));
    }
    let (mut out, mut table) = ("%PDF-1.7\n".to_owned(), String::new());
    for (number, object) in &objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let start = out.len();
    out.push_str(&format!(
        "xref\n0 1\n0000000000 65535 f \n{table}trailer\n<< /Size 400 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    out.into_bytes()
}

fn read(sheet: Sheet) -> String {
    text(&pdf(&[sheet])).unwrap().text
}

#[test]
fn columns_are_read_in_turn_and_hyphenated_words_joined() {
    let sheet = Sheet::new().lines(50.0, 700.0, &["The first column of", "this page has three", "lines and a reser-"]).lines(
        300.0,
        700.0,
        &["voir that stands in", "the second column,", "which is as long."],
    );
    let expected = "The first column of\nthis page has three\nlines and a reservoir\n\nthat stands in\nthe second column,\nwhich is as long.\n";
    assert_eq!(read(sheet), expected);
}

#[test]
fn columns_written_line_by_line_are_still_columns() {
    let (left, right) = ("a line of the left column here", "a line of the right column now");
    let sheet = (0..8).fold(Sheet::new(), |sheet, at| {
        let y = 700.0 - 12.0 * at as f32;
        sheet.at(50.0, y, 10.0, &format!("{left} {at}")).at(300.0, y, 10.0, &format!("{right} {at}"))
    });
    let lines = |line: &str| (0..8).map(|at| format!("{line} {at}\n")).collect::<String>();
    assert_eq!(read(sheet), format!("{}\n{}", lines(left), lines(right)));
}

#[test]
fn table_rows_are_lines_and_lines_of_a_cell_stay_together() {
    let sheet = Sheet::new()
        .at(50.0, 700.0, 10.0, "Point")
        .at(120.0, 700.0, 10.0, "Place")
        .at(300.0, 700.0, 10.0, "Tank")
        .at(50.0, 670.0, 10.0, "D1")
        .lines(120.0, 676.0, &["Market Square, beside", "the fountain"])
        .at(300.0, 670.0, 10.0, "12,000")
        .at(50.0, 640.0, 10.0, "D2")
        .at(120.0, 640.0, 10.0, "School")
        .at(300.0, 640.0, 10.0, "8,000");
    assert_eq!(read(sheet), "Point | Place | Tank\nD1 | Market Square, beside the fountain | 12,000\nD2 | School | 8,000\n");
}

#[test]
fn cells_divided_only_by_a_rule_are_not_glued() {
    let mut sheet = Sheet::new()
        .at(50.0, 700.0, 10.0, "Upper")
        .at(78.0, 700.0, 10.0, "Lower")
        .at(50.0, 688.0, 10.0, "12,00")
        .at(78.0, 688.0, 10.0, "8,000");
    sheet.drawing.push_str("0.5 w 76.5 680 m 76.5 712 l S\n");
    assert_eq!(read(sheet), "Upper | Lower\n12,00 | 8,000\n");
}

#[test]
fn headers_come_first_and_footers_last() {
    let sheet = Sheet::new().at(500.0, 20.0, 10.0, "Page 3").at(450.0, 780.0, 10.0, "Water Works").lines(
        50.0,
        700.0,
        &["The text of the page that", "stands between the two."],
    );
    assert_eq!(read(sheet), "Water Works\n\nThe text of the page that\nstands between the two.\n\nPage 3\n");
}

#[test]
fn a_footnote_does_not_break_a_sentence_across_columns() {
    let mut sheet = Sheet::new().lines(50.0, 700.0, &["The first column, of which", "this is the only sentence¹ and"]);
    for at in 0..5 {
        sheet = sheet.at(50.0, 676.0 - 12.0 * at as f32, 10.0, "one more line in the column");
    }
    let sheet = sheet.at(50.0, 580.0, 7.0, "1 It is a short one, as all notes are.").lines(
        300.0,
        700.0,
        &["goes on over there until", "it ends."],
    );
    let text = read(sheet);
    let at = |part: &str| text.find(part).unwrap();
    assert!(at("goes on over") < at("It is a short one") && at("one more line") < at("goes on over"), "{text}");
}

#[test]
fn a_word_divided_over_pages_belongs_to_the_first_page() {
    let one = Sheet::new()
        .lines(50.0, 700.0, &["A sentence that is long enough to", "reach the end of this page in a reser-"])
        .at(300.0, 20.0, 10.0, "1");
    let two =
        Sheet::new().at(50.0, 780.0, 10.0, "A head").lines(50.0, 700.0, &["voir that goes on here as the", "text of this page."]);
    let bytes = pdf(&[one, two]);
    let parsed = text(&bytes).unwrap();
    assert!(parsed.text.contains("in a reservoir\n\n1\nA head\n\nthat goes on"), "{}", parsed.text);
    assert_eq!(parsed.places, [Place::new(1, "page 1"), Place::new(5, "page 2")]);
    let words = draw(&bytes, 1, 300).unwrap().words;
    assert!(words.iter().all(|word| word.text != "voir"));
    assert_eq!(words.iter().find(|word| word.text == "that").unwrap().line, 2);
}

#[test]
fn a_hyphen_that_belongs_to_the_word_stays() {
    let text = read(Sheet::new().lines(
        50.0,
        700.0,
        &["The cast-iron main and the cast-", "iron valve were laid by self-", "taught men, and then re-", "laid by others."],
    ));
    assert_eq!(text, "The cast-iron main and the cast-iron\nvalve were laid by self-taught\nmen, and then relaid\nby others.\n");
}

#[test]
fn gaps_become_spaces_where_none_are_written() {
    let sheet = Sheet::new().at(50.0, 700.0, 10.0, "two").at(68.0, 700.0, 10.0, "words").at(93.3, 700.0, 10.0, "s.");
    assert_eq!(read(sheet), "two wordss.\n");
    // Letter-spaced text.
    let mut apart = Sheet::new();
    for (at, c) in "NOTICE".chars().enumerate() {
        apart = apart.at(50.0 + 6.5 * at as f32, 700.0, 10.0, &c.to_string());
    }
    assert_eq!(read(apart), "NOTICE\n");
}

#[test]
fn a_raised_number_is_not_a_digit_of_the_word_before_it() {
    let sheet = Sheet::new().at(50.0, 700.0, 10.0, "in 1962").at(85.0, 704.0, 6.0, "3").at(91.0, 700.0, 10.0, "the");
    assert_eq!(read(sheet), "in 1962³ the\n");
    let note = Sheet::new().at(50.0, 704.0, 6.0, "3").at(53.0, 700.0, 10.0, "Or later.");
    assert_eq!(read(note), "³ Or later.\n");
    let level = Sheet::new().lines(50.0, 700.0, &["The text of the page, in a size", "that is larger."]).at(
        50.0,
        600.0,
        8.0,
        "3Or later.",
    );
    assert_eq!(read(level), "The text of the page, in a size\nthat is larger.\n\n3 Or later.\n");
}

#[test]
fn accents_printed_over_letters_are_joined_with_them() {
    let sheet = Sheet::new()
        .at(50.0, 700.0, 10.0, "caf")
        .at(65.2, 700.0, 10.0, "´")
        .at(65.0, 700.0, 10.0, "e")
        .at(73.0, 700.0, 10.0, "x");
    assert_eq!(read(sheet), "café x\n");
}

#[test]
fn right_to_left_text_is_in_reading_order() {
    // Visual order, as programs write it: numbers and Latin words run to the right.
    let seen: String = "הסכר (שלב א) נבנה בשנת "
        .chars()
        .rev()
        .map(|c| match c {
            '(' => ')',
            ')' => '(',
            c => c,
        })
        .collect();
    let sheet = Sheet::new().at(60.0, 700.0, 10.0, "1962").at(80.0, 700.0, 10.0, &seen);
    assert_eq!(read(sheet), "הסכר (שלב א) נבנה בשנת 1962\n");
    let mixed = Sheet::new()
        .at(50.0, 700.0, 10.0, "A line with ")
        .at(110.0, 700.0, 10.0, &"עברית".chars().rev().collect::<String>())
        .at(140.0, 700.0, 10.0, " inside it");
    assert_eq!(read(mixed), "A line with עברית inside it\n");
}

#[test]
fn east_asian_text_has_no_spaces_and_its_lines_are_joined() {
    let sheet = Sheet::new().at(50.0, 700.0, 10.0, "貯水池の水位は143.20メートルで").at(
        50.0,
        686.0,
        10.0,
        "す。改行されても空白は入らない",
    );
    assert_eq!(read(sheet), "貯水池の水位は143.20メートルです。改行されても空白は入らない\n");
}

#[test]
fn vertical_columns_are_read_from_the_right() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/columns-of-signs.pdf");
    let text = text(&std::fs::read(path).unwrap()).unwrap().text;
    assert_eq!(text, "一二三。四五六七八九十一二三。四五六七\n");
}

#[test]
fn turned_pages_and_turned_text_are_read_along_their_lines() {
    let mut page = Sheet::new().turned([0.0, 1.0], 300.0, 100.0, "A line upwards on the paper,").turned(
        [0.0, 1.0],
        312.0,
        100.0,
        "and the next one.",
    );
    assert_eq!(text(&pdf(&[page])).unwrap().text, "A line upwards on the paper,\nand the next one.\n");
    page = Sheet::new().turned([0.0, 1.0], 300.0, 100.0, "A line upwards on the paper,").turned(
        [0.0, 1.0],
        312.0,
        100.0,
        "and the next one.",
    );
    page.more = "/Rotate 90";
    let bytes = pdf(&[page]);
    assert_eq!(text(&bytes).unwrap().text, "A line upwards on the paper,\nand the next one.\n");
    let drawn = draw(&bytes, 0, 400).unwrap();
    assert_eq!((drawn.width, drawn.height), (400, 300));
    let [left, top, width, height] = drawn.words[0].area;
    assert!(
        (left - 100.0 / 800.0).abs() < 0.01 && (top - 0.5).abs() < 0.03 && width < 0.02 && height < 0.03,
        "{:?}",
        drawn.words[0]
    );
}

#[test]
fn a_slanted_stamp_is_apart_from_the_lines_below_it() {
    let sheet = Sheet::new().lines(50.0, 700.0, &["A first line of the text that", "goes on in the second."]).turned(
        [0.8, 0.6],
        100.0,
        640.0,
        "DRAFT COPY",
    );
    assert_eq!(read(sheet), "A first line of the text that\ngoes on in the second.\n\nDRAFT COPY\n");
}

#[test]
fn text_outside_the_crop_box_is_left_out() {
    let mut sheet = Sheet::new().at(10.0, 790.0, 8.0, "printer's mark").at(200.0, 600.0, 10.0, "Inside");
    sheet.more = "/CropBox [100 100 500 700]";
    let bytes = pdf(&[sheet]);
    assert_eq!(text(&bytes).unwrap().text, "Inside\n");
    let drawn = draw(&bytes, 0, 400).unwrap();
    assert_eq!((drawn.width, drawn.height), (400, 600));
    let [left, top, width, height] = drawn.words[0].area;
    assert!((left - 0.25).abs() < 0.001 && (width - 30.0 / 400.0).abs() < 0.001, "{:?}", drawn.words);
    assert!(top < 100.0 / 600.0 && 100.0 / 600.0 < top + height, "{:?}", drawn.words);
    assert!(image::load_from_memory(&drawn.png).is_ok_and(|image| image.width() == 400 && image.height() == 600));
}

#[test]
fn dots_before_a_page_number_are_shortened() {
    let sheet = Sheet::new().at(50.0, 700.0, 10.0, "Summary . . . . . . . . . . . . 12");
    assert_eq!(read(sheet), "Summary ... 12\n");
}

#[test]
fn fields_are_read_in_place_and_notes_at_the_end() {
    let field = "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Hollin Ferry) /Rect [120 695 300 712] /F 4 >>";
    let note = "<< /Type /Annot /Subtype /Text /Contents (Ask the county.) /Rect [400 400 420 420] >>";
    let mut sheet = Sheet::new().at(50.0, 700.0, 10.0, "Town:").lines(50.0, 670.0, &["The text below the field."]);
    sheet.more = "/Annots [10 0 R 11 0 R]";
    let read = text(&pdf_with(&[sheet], &[field, note])).unwrap().text;
    assert_eq!(read, "Town: | Hollin Ferry\n\nThe text below the field.\n\n[note: Ask the county.]\n");
}

#[test]
fn pages_without_text_or_with_unreadable_text_are_named() {
    let odd = Sheet::new().lines(
        50.0,
        700.0,
        &["\u{e123}\u{e124}\u{e125}\u{e126}\u{e127}\u{e128}", "\u{e123} \u{e124} \u{e125} \u{e126} \u{e127} and so on"],
    );
    let drawn = Sheet { drawing: "100 100 m 300 300 l S\n".to_owned(), more: "" };
    let parsed = text(&pdf(&[Sheet::new().at(50.0, 700.0, 10.0, "A page with text."), drawn, odd, Sheet::new()])).unwrap();
    let doubts = ["1 of 4 pages has no text: page 2", "1 of 4 pages has many unreadable characters: page 3"];
    assert_eq!(parsed.doubts, doubts);
    assert_eq!(parsed.places.iter().map(|place| place.line).collect::<Vec<_>>(), [1, 2, 3, 5]);
    assert_eq!(parsed.text, "A page with text.\n\n�\n� � � � � and so on\n\n");
}

#[test]
fn scans_are_told_apart_from_text_and_empty_pages() {
    let words = "A page of a text that is long enough to be one.";
    // Scans in all their forms: whole, with a page number or a stamp, in strips, and moved into a form by stamping.
    let strips = (0..8).fold(Sheet::new(), |sheet, at| sheet.picture([20, at * 95 + 20, 560, 90]));
    let stamped = Sheet::scan().at(60.0, 785.0, 9.0, "Case 2:19-cv-00123, document 45-3, filed 05/06/20, page 3 of 10");
    let form = "<< /Type /XObject /Subtype /Form /BBox [0 0 60 80] /Matrix [2 0 0 2 0 0] /Resources << /XObject << /Im 7 0 R >> >> \
                /Length 28 >>\nstream\nq 60 0 0 80 0 0 cm /Im Do Q\n\nendstream";
    let in_form = Sheet { drawing: "q 5 0 0 5 0 0 cm /Fm Do Q\n".to_owned(), more: "" };
    let small_in_form = Sheet { drawing: "q 1 0 0 1 0 0 cm /Fm Do Q\n".to_owned(), more: "" };
    let sheets = [
        Sheet::new().at(50.0, 700.0, 10.0, words),
        Sheet::scan(),
        Sheet::scan().at(300.0, 400.0, 10.0, "4"),
        stamped,
        strips,
        in_form,
        // These are no scans: text over a picture, a small picture in a form or not, an empty page.
        Sheet::scan().at(50.0, 700.0, 10.0, words),
        Sheet::new().picture([100, 100, 300, 200]),
        small_in_form,
        Sheet::new(),
    ];
    let parsed = text(&pdf_with(&sheets, &["null", form])).unwrap();
    assert_eq!(parsed.scans, [2, 3, 4, 5, 6]);
    let doubts =
        ["2 of 10 pages have no text: pages 8, 9", "5 of 10 pages are only pictures, whose text was not read: pages 2 to 6"];
    assert_eq!(parsed.doubts, doubts);
}

#[test]
fn documents_without_text_and_damaged_ones_say_so() {
    let failure = |bytes: &[u8]| text(bytes).map_err(|failure| (failure.state, failure.reason)).unwrap_err();
    assert_eq!(failure(&pdf(&[Sheet::scan()])), (FailureState::NoText, "no text layer: it looks like a scan".to_owned()));
    assert_eq!(
        failure(&pdf(&[Sheet::new()])),
        (FailureState::NoText, "no text layer: its pages are empty or hold only drawings".to_owned())
    );
    let whole = pdf(&[Sheet::new().at(50.0, 700.0, 10.0, "A page with text.")]);
    assert_eq!(failure(&whole[..whole.len() / 10]), (FailureState::Failed, "damaged: its end is missing".to_owned()));
    assert!(failure(b"%PDF-1.7\nand nothing that belongs in a PDF\n%%EOF\n").1.starts_with("damaged: "));
    assert!(draw(&whole, 7, 100).is_err());
}

#[test]
fn surviving_pages_of_a_truncated_document_are_read() {
    let sheet = |text: &str| Sheet::new().at(50.0, 700.0, 10.0, text);
    let whole = pdf(&[sheet("The first page is whole."), sheet("The second one is not.")]);
    let cut = whole.windows(4).rposition(|part| part == b"BT /").unwrap();
    let parsed = text(&whole[..cut]).unwrap();
    assert_eq!(parsed.text, "The first page is whole.\n[page 2 could not be read]\n");
    assert_eq!(parsed.doubts, ["its end is missing", "1 of 2 pages could not be read: page 2"]);
    assert!(draw(&whole[..cut], 0, 100).is_ok());
    // The list of pages is missing too.
    let list = whole.windows(10).position(|part| part == b"/Type /Pag").unwrap();
    let mut without = whole[..cut].to_vec();
    without[list + 6..list + 12].copy_from_slice(b"/Other");
    assert_eq!(text(&without).unwrap().text, "The first page is whole.\n[page 2 could not be read]\n");
}
