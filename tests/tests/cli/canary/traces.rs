//! Searches files and databases for a secret: plain, encoded, compressed, and in every row.

use base64::{Engine, prelude::BASE64_STANDARD};
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::{Path, PathBuf};

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A secret and its encoded forms.
pub struct Secret {
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Secret {
    pub fn new(text: &str) -> Self {
        let percent: String = text
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
        let mut forms = vec![
            // A part is enough, so that a cut or escaped secret is found too.
            ("as it is", text.as_bytes()[text.len() / 2..text.len() - 2].to_vec()),
            ("percent-encoded", percent.as_bytes()[..percent.len() / 2].to_vec()),
            ("in hex", hex.into_bytes()),
        ];
        // Base64 has three forms, depending on the offset. Characters that depend on neighbouring bytes are left out.
        for (before, name) in [(0, "in base64"), (1, "in base64, one further"), (2, "in base64, two further")] {
            let encoded = BASE64_STANDARD.encode([vec![b' '; before].as_slice(), text.as_bytes(), b"  "].concat());
            let inner = &encoded.as_bytes()[4..encoded.len() - 8];
            forms.push((name, inner.to_vec()));
            forms.push((
                name,
                inner
                    .iter()
                    .map(|b| match b {
                        b'+' => b'-',
                        b'/' => b'_',
                        other => *other,
                    })
                    .collect(),
            ));
        }
        Secret { forms }
    }

    /// The form in which bytes contain the secret. Compressed parts are decompressed.
    fn stands_in(&self, bytes: &[u8]) -> Option<&'static str> {
        let plain = self.forms.iter().find(|(_, form)| memchr::memmem::find(bytes, form).is_some()).map(|(name, _)| *name);
        plain.or_else(|| {
            let mut frames = memchr::memmem::find_iter(bytes, &ZSTD_MAGIC);
            frames.find_map(|start| self.stands_in(&zstd::decode_all(&bytes[start..]).ok()?))
        })
    }

    /// Describes the secret's form in a text, if any.
    pub fn in_text(&self, name: &str, text: &str) -> Option<String> {
        self.stands_in(text.as_bytes()).map(|how| format!("{name}, {how}"))
    }

    /// Finds the secret in all files of a folder and in the rows of its databases.
    pub async fn in_folder(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for file in files(folder) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            found.extend(self.stands_in(&bytes).map(|how| format!("{}, {how}", file.display())));
            if bytes.starts_with(b"SQLite format 3") {
                found.extend(self.in_rows(&file).await);
            }
        }
        found
    }

    /// A long text spans several pages of a database, which split its compressed frames. Therefore this reads rows.
    async fn in_rows(&self, database: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(database)).await.unwrap();
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&mut open).await.unwrap();
        assert!(tables.len() > 3, "{tables:?}");
        for table in tables {
            let columns: Vec<String> =
                sqlx::query_scalar("SELECT name FROM pragma_table_info(?)").bind(&table).fetch_all(&mut open).await.unwrap();
            let columns: Vec<String> = columns.iter().map(|column| format!("CAST(\"{column}\" AS BLOB)")).collect();
            let all = format!("SELECT {} FROM \"{table}\"", columns.join(", "));
            for row in sqlx::query(sqlx::AssertSqlSafe(all)).fetch_all(&mut open).await.unwrap() {
                for column in 0..row.len() {
                    let bytes: Option<Vec<u8>> = row.get(column);
                    let how = self.stands_in(&bytes.unwrap_or_default());
                    found.extend(how.map(|how| format!("table {table}, {how}")));
                }
            }
        }
        found
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files = Vec::new();
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(self::files(&entry.path())),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}
