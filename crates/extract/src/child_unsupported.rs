//! Systems on which Plumb cannot start a sealed child yet: documents that need one fail.

use crate::{Drawn, Failure, Family, Parsed, extractor::Semaphore};
use std::{fs::File, io::Write, path::Path, sync::Arc, time::Duration};

/// A document in a sealed child. It cannot exist on this system.
pub enum Opened {}

impl Opened {
    pub(crate) fn start(_: &Path, _: Family, _: &File, _: Duration, _: Arc<Semaphore>) -> Result<Self, Failure> {
        Err(Failure::passing("Plumb can read this kind of document only on Linux so far"))
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn read(&mut self) -> Result<Parsed, Failure> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn read_member(&mut self, _: usize, _: &str) -> Result<Option<Parsed>, Failure> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn member(&mut self, _: usize, _: &mut dyn Write) -> Result<(), Failure> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn draw(&mut self, _: u32, _: u32) -> Result<Drawn, Failure> {
        match *self {}
    }
}
