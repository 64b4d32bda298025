//! The interface to a model that turns texts into vectors, for search by meaning.

use crate::fault::Fault;
use async_trait::async_trait;

/// A model that turns texts into vectors.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// A vector of length 1 for each text; the product of two vectors says how close the meanings of their texts are, from -1 to 1. Of a text of more
    /// than some 180 words only the beginning is read. Takes a second for about 3,000 words on two cores.
    ///
    /// # Errors
    /// `local_model` where the model's process fails.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Fault>;
}
