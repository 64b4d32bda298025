//! The kinds of documents, and how file names reveal them.

use serde::{Deserialize, Serialize};

/// The kind of a document: from its name before it is read, from its content afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Plain text of no special kind.
    Text,
    /// Markdown, reStructuredText and the like.
    Markdown,
    /// Source code of any language.
    Code,
    /// Separated values: CSV, TSV.
    Table,
    /// JSON, XML, YAML, TOML, INI.
    Data,
    /// LaTeX.
    Latex,
    /// A log.
    Log,
    /// SRT, VTT.
    Subtitles,
    /// A web page.
    Html,
    /// A Jupyter notebook.
    Notebook,
    /// Portable Document Format.
    Pdf,
    /// Word, Office Open XML.
    Docx,
    /// Word 97 to 2003.
    Doc,
    /// OpenDocument text.
    Odt,
    /// Rich Text Format.
    Rtf,
    /// PowerPoint, Office Open XML.
    Pptx,
    /// PowerPoint 97 to 2003.
    Ppt,
    /// OpenDocument presentation.
    Odp,
    /// Excel, Office Open XML.
    Xlsx,
    /// Excel 97 to 2003.
    Xls,
    /// OpenDocument spreadsheet.
    Ods,
    /// An e-book.
    Epub,
    /// An e-mail in Internet format (EML).
    Mail,
    /// An e-mail in Outlook's format (MSG).
    OutlookMail,
    /// Many e-mails in one file.
    Mailbox,
    /// A ZIP archive.
    Zip,
    /// A TAR archive, compressed or not.
    Tar,
    /// One compressed file.
    Compressed,
    /// A picture.
    Image,
    /// A file without text.
    Other,
}

impl Kind {
    /// The name shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "Markdown",
            Self::Code => "source code",
            Self::Table => "table",
            Self::Data => "data",
            Self::Latex => "LaTeX",
            Self::Log => "log",
            Self::Subtitles => "subtitles",
            Self::Html => "web page",
            Self::Notebook => "notebook",
            Self::Pdf => "PDF",
            Self::Docx | Self::Doc => "Word document",
            Self::Odt => "OpenDocument text",
            Self::Rtf => "rich text",
            Self::Pptx | Self::Ppt => "PowerPoint presentation",
            Self::Odp => "OpenDocument presentation",
            Self::Xlsx | Self::Xls => "Excel workbook",
            Self::Ods => "OpenDocument spreadsheet",
            Self::Epub => "e-book",
            Self::Mail | Self::OutlookMail => "e-mail",
            Self::Mailbox => "mailbox",
            Self::Zip | Self::Tar => "archive",
            Self::Compressed => "compressed file",
            Self::Image => "image",
            Self::Other => "other",
        }
    }

    /// The name used by programs, which is also its serialised form.
    pub fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Code => "code",
            Self::Table => "table",
            Self::Data => "data",
            Self::Latex => "latex",
            Self::Log => "log",
            Self::Subtitles => "subtitles",
            Self::Html => "html",
            Self::Notebook => "notebook",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Doc => "doc",
            Self::Odt => "odt",
            Self::Rtf => "rtf",
            Self::Pptx => "pptx",
            Self::Ppt => "ppt",
            Self::Odp => "odp",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Ods => "ods",
            Self::Epub => "epub",
            Self::Mail => "mail",
            Self::OutlookMail => "outlook_mail",
            Self::Mailbox => "mailbox",
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::Compressed => "compressed",
            Self::Image => "image",
            Self::Other => "other",
        }
    }

    /// Whether the file itself is the text, nearly byte for byte.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Markdown | Self::Code | Self::Table | Self::Data | Self::Latex | Self::Log | Self::Subtitles
        )
    }

    /// Whether the file is mostly fonts, pictures and markup, with far less text than bytes.
    pub fn is_packed(self) -> bool {
        !self.is_text() && !matches!(self, Self::Html | Self::Notebook | Self::Mail | Self::Mailbox | Self::Rtf)
    }

    /// Whether it may hold other documents.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Mail | Self::OutlookMail | Self::Mailbox | Self::Zip | Self::Tar | Self::Compressed)
    }

    /// The kind of a plain text, from its name or else from its first line.
    pub fn of_text(path: &str, text: &str) -> Self {
        let by_name = Self::by_name(path).filter(|kind| kind.is_text());
        by_name.unwrap_or(if text.starts_with("#!") { Self::Code } else { Self::Text })
    }

    /// The kind that the name alone reveals. `None`: the extension is unknown.
    pub fn by_name(path: &str) -> Option<Self> {
        // This runs for every file of a folder, so it allocates nothing and looks only at the end of the path.
        let name = name_of(path);
        let Some(dot) = memchr::memrchr(b'.', name.as_bytes()) else {
            return matches!(name, "Makefile" | "Dockerfile" | "Jenkinsfile" | "Rakefile" | "Gemfile").then_some(Self::Code);
        };
        let mut buffer = [0; MAX_EXTENSION_BYTES];
        let extension = lowercase(&name[dot + 1..], &mut buffer)?;
        if matches!(extension, "gz" | "bz2" | "xz" | "zst") && name[..dot].to_ascii_lowercase().ends_with(".tar") {
            return Some(Self::Tar);
        }
        Some(match extension {
            "txt" | "text" => Self::Text,
            "md" | "markdown" | "mdx" | "rst" | "adoc" | "asciidoc" | "org" => Self::Markdown,
            "csv" | "tsv" | "tab" => Self::Table,
            "json" | "jsonl" | "ndjson" | "json5" | "jsonc" | "xml" | "yaml" | "yml" | "toml" | "ini" | "cfg" | "conf"
            | "properties" | "plist" | "xsd" | "lock" => Self::Data,
            "tex" | "ltx" | "sty" | "bib" => Self::Latex,
            "log" => Self::Log,
            "srt" | "vtt" => Self::Subtitles,
            "html" | "htm" | "xhtml" => Self::Html,
            "ipynb" => Self::Notebook,
            "pdf" => Self::Pdf,
            "docx" | "docm" | "dotx" => Self::Docx,
            "doc" | "dot" => Self::Doc,
            "odt" | "ott" => Self::Odt,
            "rtf" => Self::Rtf,
            "pptx" | "pptm" | "ppsx" => Self::Pptx,
            "ppt" | "pps" => Self::Ppt,
            "odp" | "otp" => Self::Odp,
            "xlsx" | "xlsm" | "xltx" | "xlsb" => Self::Xlsx,
            "xls" | "xlt" => Self::Xls,
            "ods" | "ots" => Self::Ods,
            "epub" => Self::Epub,
            "eml" => Self::Mail,
            "msg" => Self::OutlookMail,
            "mbox" | "mbx" => Self::Mailbox,
            "zip" => Self::Zip,
            "tar" | "tgz" | "tbz" | "tbz2" | "txz" | "tzst" => Self::Tar,
            "gz" | "bz2" | "xz" | "zst" => Self::Compressed,
            image if is_image(image) => Self::Image,
            "rs" | "py" | "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh"
            | "cs" | "java" | "kt" | "kts" | "scala" | "go" | "rb" | "php" | "swift" | "m" | "mm" | "pl" | "pm" | "lua" | "r"
            | "jl" | "hs" | "ml" | "mli" | "fs" | "ex" | "exs" | "erl" | "clj" | "cljs" | "el" | "lisp" | "scm" | "zig"
            | "nim" | "d" | "dart" | "sh" | "bash" | "zsh" | "fish" | "ps1" | "bat" | "cmd" | "sql" | "css" | "scss" | "sass"
            | "less" | "vue" | "svelte" | "asm" | "s" | "f" | "f90" | "f95" | "pas" | "vb" | "vbs" | "groovy" | "gradle"
            | "cmake" | "mk" | "proto" | "graphql" | "tf" | "nix" | "sol" | "v" | "vhd" | "vhdl" | "tcl" | "awk" | "diff"
            | "patch" => Self::Code,
            _ => return None,
        })
    }
}

/// Length of the longest known extension.
const MAX_EXTENSION_BYTES: usize = 16;

/// The last part of a path.
fn name_of(path: &str) -> &str {
    memchr::memrchr2(b'/', b'\\', path.as_bytes()).map_or(path, |at| &path[at + 1..])
}

/// The extension in lower case. `None`: it is longer than any known one.
fn lowercase<'a>(extension: &str, buffer: &'a mut [u8; MAX_EXTENSION_BYTES]) -> Option<&'a str> {
    let lower = buffer.get_mut(..extension.len())?;
    lower.copy_from_slice(extension.as_bytes());
    lower.make_ascii_lowercase();
    str::from_utf8(lower).ok()
}

fn is_image(extension: &str) -> bool {
    matches!(
        extension,
        "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "bmp"
            | "tif"
            | "tiff"
            | "webp"
            | "ico"
            | "icns"
            | "heic"
            | "heif"
            | "avif"
            | "jxl"
            | "psd"
            | "xcf"
            | "cr2"
            | "nef"
            | "arw"
            | "dng"
    )
}

/// Says in plain words why a file of this name is not worth reading. `None`: it is.
pub fn skip_by_name(name: &str) -> Option<&'static str> {
    let name = name_of(name);
    let dot = memchr::memrchr(b'.', name.as_bytes())?;
    let mut buffer = [0; MAX_EXTENSION_BYTES];
    Some(match lowercase(&name[dot + 1..], &mut buffer)? {
        image if is_image(image) => crate::IMAGE,
        "mp4" | "m4v" | "mov" | "avi" | "mkv" | "webm" | "wmv" | "flv" | "mpg" | "mpeg" | "3gp" => "a video",
        "mp3" | "wav" | "flac" | "ogg" | "oga" | "opus" | "m4a" | "aac" | "wma" | "aiff" => "an audio file",
        "exe" | "dll" | "msi" | "so" | "dylib" | "app" | "apk" | "ipa" | "appimage" | "deb" | "rpm" => "a program",
        "7z" | "rar" | "lz4" | "br" | "jar" | "war" | "whl" | "iso" | "dmg" | "img" | "cab" => {
            "an archive in an unsupported format"
        }
        "ttf" | "otf" | "woff" | "woff2" | "eot" | "ttc" => "a font",
        "sqlite" | "sqlite3" | "db" | "mdb" | "accdb" | "parquet" => "a database",
        "o" | "a" | "lib" | "obj" | "class" | "pyc" | "pyo" | "rlib" | "rmeta" | "wasm" | "pdb" => "a compiled file",
        "gguf" | "safetensors" | "ckpt" | "pt" | "pth" | "onnx" | "tflite" | "npy" | "npz" => "a model file",
        "mobi" | "azw3" => "an e-book in an unsupported format",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_reveal_files_not_worth_reading() {
        assert_eq!(skip_by_name("maps/Site-Plan.PNG"), Some("an image"));
        assert_eq!(skip_by_name("model.Q4.gguf"), Some("a model file"));
        for name in
            ["notes.txt", "README", "main.ts", ".gitignore", "report.pdf", "a.png/notes", "Cargo.lock", "backup.tar.gz", ""]
        {
            assert_eq!(skip_by_name(name), None, "{name}");
        }
    }

    #[test]
    fn ids_equal_the_serialised_form() {
        for kind in [Kind::Text, Kind::OutlookMail, Kind::Pptx, Kind::Compressed] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.id());
        }
    }

    #[test]
    fn names_reveal_kinds() {
        assert_eq!(Kind::by_name("a/Report.PDF"), Some(Kind::Pdf));
        assert_eq!(Kind::by_name("backup.tar.gz"), Some(Kind::Tar));
        assert_eq!(Kind::by_name("log.1.gz"), Some(Kind::Compressed));
        assert_eq!(Kind::by_name("Makefile"), Some(Kind::Code));
        assert_eq!(Kind::by_name("a.pdf/README"), None);
    }
}
