//! The schema of the index.

use super::words::words;
use std::path::Path;
use tantivy::{
    Index,
    directory::MmapDirectory,
    schema::{BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer},
};

const TOKENIZER: &str = "plumb";

/// Fields of a passage. None is stored as a document, so no block has to be unpacked for a hit.
#[derive(Clone, Copy)]
pub struct Fields {
    /// The key of its document, by which passages are deleted.
    pub document: Field,
    /// The words of the document's path. Only its first passage has them.
    pub path: Field,
    pub body: Field,
    pub start: Field,
    pub end: Field,
    pub first_line: Field,
    pub last_line: Field,
}

/// Opens the index in this folder, or makes an empty one. Takes no lock: any number of programs may read while one writes.
///
/// # Errors
/// The index is damaged, or was made for another schema.
pub fn open(folder: &Path) -> tantivy::Result<(Index, Fields)> {
    let mut schema = Schema::builder();
    let indexing = |lengths| {
        let options = TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(IndexRecordOption::WithFreqs);
        TextOptions::default().set_indexing_options(options.set_fieldnorms(lengths))
    };
    let number = NumericOptions::default().set_fast();
    let fields = Fields {
        document: schema.add_bytes_field("document", BytesOptions::default().set_indexed().set_fast()),
        path: schema.add_text_field("path", indexing(false)),
        body: schema.add_text_field("body", indexing(true)),
        start: schema.add_u64_field("start", number.clone()),
        end: schema.add_u64_field("end", number.clone()),
        first_line: schema.add_u64_field("first_line", number.clone()),
        last_line: schema.add_u64_field("last_line", number),
    };
    let index = Index::open_or_create(MmapDirectory::open(folder)?, schema.build())?;
    index.tokenizers().register(TOKENIZER, TextAnalyzer::from(Words::default()));
    Ok((index, fields))
}

/// The tokenizer. It splits a passage at once, which is faster than word by word.
#[derive(Clone, Default)]
struct Words {
    text: String,
    ends: Vec<usize>,
    token: Token,
}

struct Stream<'a> {
    words: &'a mut Words,
    next: usize,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let Words { text: all, ends, token } = self;
        all.clear();
        ends.clear();
        token.reset();
        words(text, |word| {
            all.push_str(word);
            ends.push(all.len());
        });
        Stream { words: self, next: 0 }
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Words { text, ends, token } = &mut *self.words;
        let Some(&end) = ends.get(self.next) else { return false };
        let start = self.next.checked_sub(1).map_or(0, |before| ends[before]);
        token.text.clear();
        token.text.push_str(&text[start..end]);
        // No query uses positions, but tantivy measures the length of a passage by them.
        token.position = self.next;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.words.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.words.token
    }
}
