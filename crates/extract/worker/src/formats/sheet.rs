//! Text of workbooks (XLSX, XLSB, XLS and ODS): one line per non-empty row.

mod biff;
mod excel;
mod number;
mod open;
mod open_xml;
mod remarks;
mod rows;
mod strings;

pub use excel::{xls, zipped as excel};
pub use open::text as open_document;

#[cfg(test)]
#[path = "sheet/tests.rs"]
mod tests;
