//! Word documents to text.

use crate::{Parsed, failed, lines, no_text};
use undoc::{
    Error, ErrorKind,
    docx::DocxParser,
    model::{Block, Cell, ListType, Paragraph, RevisionType, Table},
};

/// Paragraphs apart by an empty line, lists line by line, tables as rows with ` | ` between cells.
pub fn text(bytes: Vec<u8>) -> Parsed {
    let document = DocxParser::from_bytes(bytes).and_then(|mut parser| parser.parse()).map_err(damaged)?;
    let mut out = String::new();
    for block in document.sections.iter().flat_map(|section| &section.content) {
        match block {
            Block::Paragraph(paragraph) if paragraph.list_info.is_some() => {
                // The items of a list stay together.
                out.push_str(&line_of(paragraph));
                out.push('\n');
                continue;
            }
            Block::Paragraph(paragraph) => out.push_str(&format!("\n{}\n", line_of(paragraph))),
            Block::Table(table) => out.push_str(&format!("\n{}\n", rows(table))),
            Block::Note { label, content } => {
                let note: Vec<_> = content.iter().map(line_of).collect();
                out.push_str(&format!("\n[{label}] {}\n", note.join("\n")));
            }
            Block::Image { alt_text: Some(words), .. } => out.push_str(&format!("\n[image: {words}]\n")),
            Block::Image { .. } | Block::PageBreak | Block::SectionBreak => {}
        }
    }
    let text = lines::tidy(&out);
    if text.is_empty() { Err(no_text("empty")) } else { Ok((text + "\n", Vec::new())) }
}

fn line_of(paragraph: &Paragraph) -> String {
    let mut out = String::new();
    if let Some(list) = &paragraph.list_info {
        out.push_str(&"  ".repeat(list.level.into()));
        match list.list_type {
            ListType::Bullet => out.push_str("- "),
            ListType::Numbered => out.push_str(&format!("{}. ", list.number.unwrap_or(1))),
            ListType::None => {}
        }
    }
    for run in paragraph.runs.iter().filter(|run| run.revision != RevisionType::Deleted) {
        out.push_str(&run.text);
        if let Some(label) = &run.note {
            out.push_str(&format!("[{label}]"));
        }
        if run.line_break || run.page_break {
            out.push('\n');
        }
    }
    out
}

/// Merged cells leave empty ones, so that a value stays under its heading.
fn rows(table: &Table) -> String {
    let width = table.column_count();
    let row = |(columns, row): (Vec<usize>, &undoc::model::Row)| {
        let mut cells = vec![String::new(); width];
        for (column, cell) in columns.into_iter().zip(&row.cells) {
            if let Some(place) = cells.get_mut(column) {
                *place = in_one_line(cell);
            }
        }
        cells.join(" | ")
    };
    table.cell_columns().into_iter().zip(&table.rows).map(row).collect::<Vec<_>>().join("\n")
}

fn in_one_line(cell: &Cell) -> String {
    let own = cell.content.iter().map(line_of);
    let nested = cell.nested_tables.iter().map(rows);
    own.chain(nested).collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn damaged(error: Error) -> crate::Failure {
    match error.kind() {
        ErrorKind::Encrypted => failed("protected with a password"),
        _ => failed(format!("damaged: {error}")),
    }
}
