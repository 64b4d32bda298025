//! Lists and reads folders and files document by document, for the terminal and without a library.

use crate::plumb::Plumb;
use plumb_corpus::{Examined, OpenCorpus};
use plumb_rlm::{
    documents::{Include, LeftOutByRule, Overview},
    fault::Fault,
    traits::corpus::Corpus,
};
use std::{path::PathBuf, sync::Arc};

/// Folders and files, listed.
pub struct Files {
    corpus: Arc<OpenCorpus>,
}

impl Plumb {
    /// Lists folders and files. With `pictures`, text in pictures is read too, whatever the settings say.
    ///
    /// # Errors
    /// `no_such_folder`, `not_allowed`.
    pub async fn files(&self, sources: &[PathBuf], include: Include, pictures: bool) -> Result<Files, Fault> {
        let sources: Vec<String> = sources.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let corpus = self.corpus_with(&sources, include, pictures || self.reads_pictures())?;
        // Waits for the whole listing.
        corpus.files(None, 0).await?;
        Ok(Files { corpus })
    }
}

impl Files {
    /// Totals. Documents that were not read count by their name and size.
    pub async fn overview(&self) -> Overview {
        self.corpus.overview().await
    }

    /// Files that the rules leave out of the listing.
    ///
    /// # Errors
    /// `cancelled`.
    pub async fn left_out_by_rules(&self) -> Result<Vec<LeftOutByRule>, Fault> {
        self.corpus.left_out_by_rules().await
    }

    /// All documents in path order, unread.
    ///
    /// # Errors
    /// None so far.
    pub async fn listed(&self) -> Result<Vec<Examined>, Fault> {
        let entries = self.corpus.files(None, usize::MAX).await?;
        Ok(entries.into_iter().map(|entry| Examined { entry, text: None }).collect())
    }

    /// Reads all documents, in no particular order. `take` gets each with the number read so far and the number of all.
    ///
    /// # Errors
    /// `disk_full`. A document that cannot be read is no error; its entry says why.
    pub async fn read(
        &self,
        with_texts: bool,
        take: impl Fn(Examined, usize, usize) + Send + Sync + 'static,
    ) -> Result<(), Fault> {
        self.corpus.examine(with_texts, take).await
    }
}
