//! Repairs documents whose end is missing, and with it the list of object positions and the reference to the first page.

/// Maximum size of a document to repair, in bytes, because repairing copies it.
const MAX_DOCUMENT_BYTES: usize = 256 << 20;
/// Length of the beginning of an object to look at.
const OBJECT_HEAD_BYTES: usize = 2048;

/// The document with a new end. `None`: neither its catalogue nor any page survives.
pub fn with_new_end(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return None;
    }
    let objects = objects(bytes);
    let is = |head: &[u8], kind: &str| {
        let text = String::from_utf8_lossy(head);
        let mut types = text.match_indices("/Type").map(|(at, _)| text[at + 5..].trim_start());
        types.any(|name| name.strip_prefix(kind).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric())))
    };
    let numbers = |kind: &str| objects.iter().filter(|(_, head)| is(head, kind)).map(|&(number, _)| number).collect::<Vec<_>>();
    let (catalog, trees, pages) = (numbers("/Catalog"), numbers("/Pages"), numbers("/Page"));
    let next = objects.iter().map(|&(number, _)| number).max()?.checked_add(1)?;
    let end = match (catalog.last(), trees.is_empty(), pages.is_empty()) {
        (Some(catalog), false, _) => format!("trailer\n<< /Root {catalog} 0 R /Size {next} >>\n"),
        (_, _, false) => {
            let kids: String = pages.iter().map(|number| format!("{number} 0 R ")).collect();
            format!(
                "{next} 0 obj\n<< /Type /Catalog /Pages {} 0 R >>\nendobj\n{} 0 obj\n<< /Type /Pages /Kids [{kids}] /Count {} >>\nendobj\n\
                 trailer\n<< /Root {next} 0 R /Size {} >>\n",
                next + 1,
                next + 1,
                pages.len(),
                next + 2
            )
        }
        _ => return None,
    };
    // Closes the object that was cut through.
    Some([bytes, b"\nendstream\nendobj\n", end.as_bytes(), b"startxref\n0\n%%EOF\n"].concat())
}

/// The numbers of all objects, with the beginning of each.
fn objects(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut objects = Vec::new();
    let mut from = 0;
    while let Some(found) = bytes[from..].windows(6).position(|part| part == b" 0 obj") {
        let at = from + found;
        from = at + 6;
        let digits = bytes[..at].iter().rev().take_while(|b| b.is_ascii_digit()).count().min(9);
        let number = std::str::from_utf8(&bytes[at - digits..at]).ok().and_then(|digits| digits.parse().ok());
        let head = &bytes[from..bytes.len().min(from + OBJECT_HEAD_BYTES)];
        let end = head.windows(6).position(|part| part == b"endobj" || part == b"stream").unwrap_or(head.len());
        objects.extend(number.map(|number| (number, &head[..end])));
    }
    objects
}
