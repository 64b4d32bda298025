//! A corpus in memory.

use crate::{
    documents::{DocumentEntry, DocumentState, Overview},
    fault::{Code, Fault},
    ids::BlobId,
    traits::corpus::{Corpus, GrepQuery, GrepResult, Hit, Passage, Placement, Text},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::{collections::BTreeMap, fs::File, sync::Arc};

/// Documents in memory. A text that is absent makes a document without text.
#[derive(Default)]
pub struct MemoryCorpus {
    documents: BTreeMap<String, Option<Arc<MemoryText>>>,
    placed: Mutex<u64>,
}

struct MemoryText {
    text: String,
    digest: String,
}

impl Text for MemoryText {
    fn as_str(&self) -> &str {
        &self.text
    }
    fn digest(&self) -> &str {
        &self.digest
    }
    fn place(&self, _line: u64) -> Option<String> {
        None
    }
}

/// A text in memory.
pub fn text_of(text: &str) -> Arc<dyn Text> {
    Arc::new(MemoryText { text: text.to_owned(), digest: BlobId::of(text).0 })
}

impl MemoryCorpus {
    /// A corpus of these paths and texts.
    pub fn new<'a>(documents: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let text = |text: &str| Arc::new(MemoryText { text: text.to_owned(), digest: BlobId::of(text).0 });
        let documents = documents.into_iter().map(|(path, words)| (path.to_owned(), Some(text(words)))).collect();
        MemoryCorpus { documents, placed: Mutex::default() }
    }

    /// Adds a document without text.
    #[must_use]
    pub fn without_text(mut self, path: &str) -> Self {
        self.documents.insert(path.to_owned(), None);
        self
    }

    fn texts(&self) -> impl Iterator<Item = (&String, &Arc<MemoryText>)> {
        self.documents.iter().filter_map(|(path, text)| Some((path, text.as_ref()?)))
    }
}

#[async_trait]
impl Corpus for MemoryCorpus {
    async fn overview(&self) -> Overview {
        let bytes = self.texts().map(|(_, text)| text.text.len() as u64).sum();
        Overview {
            name: "library".to_owned(),
            documents: self.documents.len() as u64,
            bytes,
            tokens_estimate: bytes / 4,
            single: self.documents.len() == 1,
            ..Overview::default()
        }
    }

    async fn files(&self, _glob: Option<&str>, limit: usize) -> Result<Vec<DocumentEntry>, Fault> {
        let entry = |(path, text): (&String, &Option<Arc<MemoryText>>)| DocumentEntry {
            path: path.clone(),
            bytes: text.as_ref().map_or(0, |text| text.text.len() as u64),
            kind: "text".into(),
            kind_name: "text".into(),
            state: DocumentState::Listed,
            reason: None,
            doubts: Vec::new(),
            scans: 0,
        };
        Ok(self.documents.iter().take(limit).map(entry).collect())
    }

    async fn text(&self, path: &str) -> Result<Arc<dyn Text>, Fault> {
        match self.documents.get(path) {
            Some(Some(text)) => Ok(text.clone()),
            Some(None) => Err(Fault::new(Code::NoText, format!("{path} has no text."))),
            None => Err(Fault::new(Code::NoSuchPath, format!("There is no document {path}."))),
        }
    }

    async fn placement(&self, path: &str) -> Result<Placement, Fault> {
        let text = self.text(path).await?;
        Ok(Placement { offset: 0, chars: text.chars(), kind: 1, ascii: true })
    }

    fn snapshot(&self) -> Result<File, Fault> {
        File::open("/dev/null").map_err(|e| Fault::new(Code::Io, e.to_string()))
    }

    async fn place_text(&self, text: &str) -> Result<Placement, Fault> {
        let mut placed = self.placed.lock();
        let offset = *placed;
        *placed += text.len() as u64;
        Ok(Placement { offset, chars: text.chars().count() as u64, kind: 1, ascii: true })
    }

    async fn grep(&self, query: &GrepQuery) -> Result<GrepResult, Fault> {
        let pattern = regex::RegexBuilder::new(&query.pattern).case_insensitive(query.ignore_case).build();
        let pattern = pattern.map_err(|e| Fault::new(Code::BadPattern, e.to_string()))?;
        let mut found = GrepResult::default();
        for (path, text) in self.texts() {
            let before = found.total;
            for (line, text) in (1..).zip(text.text.lines()).filter(|(_, line)| pattern.is_match(line)) {
                found.total += 1;
                if found.hits.len() < query.limit {
                    found.hits.push(Hit { path: path.clone(), line, text: text.to_owned() });
                }
            }
            found.documents += u64::from(found.total > before);
        }
        Ok(found)
    }

    /// Ranks lines by the words of the query that they contain.
    async fn search(&self, query: &str, k: usize, _path: Option<&str>) -> Result<Vec<Passage>, Fault> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let mut passages = Vec::new();
        for (path, text) in self.texts() {
            for (line, text) in (1..).zip(text.text.lines()) {
                let score = words.iter().filter(|word| text.to_lowercase().contains(*word)).count() as f64;
                if score > 0.0 {
                    passages.push(Passage { path: path.clone(), start_line: line, end_line: line, text: text.to_owned(), score });
                }
            }
        }
        passages.sort_by(|a, b| b.score.total_cmp(&a.score));
        passages.truncate(k);
        Ok(passages)
    }
}
