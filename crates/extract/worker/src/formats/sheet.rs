//! Workbooks: XLSX, XLSB, XLS and ODS. One line for each row that is not empty.

mod biff;
mod excel;
mod number;
mod open;
mod open_xml;
mod remarks;
mod rows;
mod strings;

pub use excel::{old as xls, zipped as excel};
pub use open::text as open_document;

#[cfg(test)]
#[path = "sheet/tests.rs"]
mod tests;
