//! What kind of document some bytes are.

use infer::MatcherType;

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything that decodes as text.
    Text,
    /// A kind that the child reads.
    Parsed(Format),
    /// Known, and not read: why.
    Skipped(&'static str),
}

/// The formats that the child reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Office Open XML, word processing.
    Docx,
}

impl Format {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "Word document",
        }
    }
}

/// No text, and nothing more is known.
pub const UNKNOWN: &str = "a binary file";
const OTHER_OFFICE: &str = "an Office document of a kind that is not read yet";
const ARCHIVE: &str = "an archive: not read yet";

/// By content alone. Extensions lie.
pub fn of(bytes: &[u8]) -> Kind {
    let head = &bytes[..bytes.len().min(1024)];
    if bytes.starts_with(b"{\\rtf") {
        return Kind::Skipped("a rich-text document: not read yet");
    }
    if head.trim_ascii_start().starts_with(b"%PDF-") {
        return Kind::Parsed(Format::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return if holds(bytes, b"word/document") { Kind::Parsed(Format::Docx) } else { Kind::Skipped(of_binary(bytes)) };
    }
    // Some mailers and servers put a few lines before a PDF; source code that mentions the mark is text.
    if holds(head, b"%PDF-") && std::str::from_utf8(bytes).is_err() {
        return Kind::Parsed(Format::Pdf);
    }
    Kind::Text
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

/// What bytes are that are no text, in plain words.
pub fn of_binary(bytes: &[u8]) -> &'static str {
    let Some(found) = infer::get(bytes) else { return UNKNOWN };
    match found.matcher_type() {
        MatcherType::Image => "an image",
        MatcherType::Video => "a video",
        MatcherType::Audio => "a sound recording",
        MatcherType::Font => "a font",
        MatcherType::Book => "an e-book: not read yet",
        MatcherType::Doc => OTHER_OFFICE,
        MatcherType::App => "a program",
        MatcherType::Archive if found.extension() == "sqlite" => "a database",
        MatcherType::Archive => ARCHIVE,
        MatcherType::Text | MatcherType::Custom => UNKNOWN,
    }
}

/// From the name alone: whether it is worth reading at all. `None`: yes. Otherwise what it is, in plain words.
pub fn skip_by_name(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit(['/', '\\']).next()?.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" | "jpg" | "jpeg" | "gif" | "bmp" | "tif" | "tiff" | "webp" | "ico" | "icns" | "heic" | "heif" | "avif" | "jxl"
        | "psd" | "xcf" | "cr2" | "nef" | "arw" | "dng" => "an image",
        "mp4" | "m4v" | "mov" | "avi" | "mkv" | "webm" | "wmv" | "flv" | "mpg" | "mpeg" | "3gp" => "a video",
        "mp3" | "wav" | "flac" | "ogg" | "oga" | "opus" | "m4a" | "aac" | "wma" | "aiff" => "a sound recording",
        "exe" | "dll" | "msi" | "so" | "dylib" | "app" | "apk" | "ipa" | "appimage" | "deb" | "rpm" => "a program",
        "zip" | "gz" | "tgz" | "bz2" | "xz" | "zst" | "7z" | "rar" | "tar" | "lz4" | "br" | "jar" | "war" | "whl" | "iso"
        | "dmg" | "img" | "cab" => ARCHIVE,
        "ttf" | "otf" | "woff" | "woff2" | "eot" | "ttc" => "a font",
        "sqlite" | "sqlite3" | "db" | "mdb" | "accdb" | "parquet" => "a database",
        "o" | "a" | "lib" | "obj" | "class" | "pyc" | "pyo" | "rlib" | "rmeta" | "wasm" | "pdb" => "a compiled file",
        "gguf" | "safetensors" | "ckpt" | "pt" | "pth" | "onnx" | "tflite" | "npy" | "npz" => "a model file",
        "xlsx" | "xls" | "xlsm" | "ods" => "a spreadsheet: not read yet",
        "pptx" | "ppt" | "odp" => "a presentation: not read yet",
        "epub" | "mobi" | "azw3" => "an e-book: not read yet",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_alone_tells_what_is_not_worth_reading() {
        assert_eq!(skip_by_name("maps/Site-Plan.PNG"), Some("an image"));
        assert_eq!(skip_by_name("backup.tar.gz"), Some(ARCHIVE));
        assert_eq!(skip_by_name("model.Q4.gguf"), Some("a model file"));
        for name in ["notes.txt", "README", "main.ts", ".gitignore", "report.pdf", "plan.docx", "a.png/notes", "Cargo.lock", ""] {
            assert_eq!(skip_by_name(name), None, "{name}");
        }
    }

    #[test]
    fn the_content_and_not_the_name_decides_the_kind() {
        assert_eq!(of(b"%PDF-1.7\n"), Kind::Parsed(Format::Pdf));
        assert_eq!(of(b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n%\xe2\xe3\xcf\xd3"), Kind::Parsed(Format::Pdf));
        assert_eq!(of(b"if bytes.starts_with(b\"%PDF-\") {"), Kind::Text);
        assert_eq!(of(b"PK\x03\x04............word/document.xml"), Kind::Parsed(Format::Docx));
        assert_eq!(of(b"PK\x03\x04............notes/a.txt"), Kind::Skipped(ARCHIVE));
        assert_eq!(of(b"BMW 320, a car whose first letters look like an image"), Kind::Text);
    }
}
