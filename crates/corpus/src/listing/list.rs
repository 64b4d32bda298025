//! Making a listing.

use crate::{
    listing::{
        listed::{Listing, Scope, sort_documents},
        members,
        walk::{Found, Walk, walk},
    },
    reading::containers::Originals,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64},
};

/// Lists everything below the roots, and the members of archives and mailboxes. Documents that did not change since the listing `before` stay
/// known. `found` counts the documents. Blocks.
pub fn list(
    scope: &Arc<Scope>,
    originals: &Originals,
    stop: &AtomicBool,
    found: &AtomicU64,
    before: Option<&Listing>,
) -> Listing {
    let Found { mut documents, mut containers, folders, is_partial } = walk(&scope.roots, &Walk { scope, stop, found });
    if let Some(before) = before {
        before.keep_known(&mut documents);
        before.keep_known(&mut containers);
    }
    let mut members = members::of(&containers, scope.include.hidden, originals, stop, before);
    if !members.documents.is_empty() {
        documents.append(&mut members.documents);
        sort_documents(&mut documents);
    }
    Listing::new(scope.clone(), documents, folders, !is_partial && !members.is_partial)
}
