//! One module per format; `zip.rs` and `ole.rs` recognise the formats that share a container.

pub mod archive;
pub mod compressed;
pub mod doc;
pub mod epub;
pub mod html;
pub mod mail;
pub mod mailbox;
pub mod notebook;
pub mod ole;
pub mod open_document;
pub mod outlook;
pub mod pdf;
pub mod ppt;
pub mod rtf;
pub mod sheet;
pub mod slides;
pub mod tar;
pub mod word;
pub mod zip;
