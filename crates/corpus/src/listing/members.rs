//! Listing the members of archives, mailboxes and e-mails as documents of their own.

use crate::{
    document::{Document, Origin, Stamp},
    facts::{About, Without},
    listing::listed::Listing,
    reading::{
        containers::{Originals, lies_in_it},
        trouble::{EMPTY, Trouble},
    },
    work,
};
use parking_lot::Mutex;
use plumb_rlm::documents::DocumentState;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Documents inside others that one corpus lists.
const MAX_MEMBERS: usize = 500_000;

/// The members found.
#[derive(Default)]
pub struct Members {
    /// In no order.
    pub documents: Vec<Arc<Document>>,
    /// A container could not be opened, for a reason that may pass.
    pub is_partial: bool,
}

/// Lists the members of these documents, and the members of members. Documents that did not change since the listing `before` are those of
/// that listing. Blocks; ends early, with the members found so far, when `stop` is set.
pub fn of(
    documents: &[Arc<Document>],
    hidden: bool,
    originals: &Originals,
    stop: &AtomicBool,
    before: Option<&Listing>,
) -> Members {
    let mut found = Vec::new();
    let mut outer: Vec<Arc<Document>> = documents.iter().filter(|document| document.may_hold_others()).cloned().collect();
    let is_partial = AtomicBool::new(false);
    while !outer.is_empty() && found.len() < MAX_MEMBERS {
        let inner: Mutex<Vec<Arc<Document>>> = Mutex::default();
        // The caller knows whether it stopped this.
        let _ = work::each(&outer, stop, || {
            |_, document: &Arc<Document>| {
                match open(document, hidden, originals) {
                    Ok(members) => inner.lock().extend(members),
                    Err(passes) => {
                        is_partial.fetch_or(passes, Ordering::Relaxed);
                    }
                }
                Ok(())
            }
        });
        let mut inner = inner.into_inner();
        inner.truncate(MAX_MEMBERS - found.len());
        if let Some(before) = before {
            before.keep_known(&mut inner);
        }
        outer = inner.iter().filter(|document| document.may_hold_others()).cloned().collect();
        found.append(&mut inner);
    }
    Members { documents: found, is_partial: is_partial.into_inner() }
}

/// Lists the members of one document. The error says whether the failure may pass.
fn open(document: &Arc<Document>, hidden: bool, originals: &Originals) -> Result<Vec<Arc<Document>>, bool> {
    let (container, parsed) = match originals.members(document) {
        Ok(Some(opened)) => opened,
        // Its name promises more than it holds. When it is touched, its content decides what it is.
        Ok(None) => return Ok(Vec::new()),
        Err(Trouble::Document(without)) => {
            let passes = !without.is_lasting();
            document.refuse(without);
            return Err(passes);
        }
        // There is no room to unpack it now.
        Err(Trouble::Snapshot(_)) => return Err(true),
    };
    let (kind, has_text) = (parsed.kind, !parsed.text.trim().is_empty());
    if has_text {
        let about = About { extracted: true, doubts: parsed.doubts, ..About::plain(kind) };
        document.know(&about, parsed.text.len() as u64);
    }
    let _ = document.container.set(Box::new(container));
    let mut members = Vec::new();
    for (index, member) in parsed.members.iter().enumerate() {
        if !hidden && member.path.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        let name = if member.path.is_empty() { unpacked_name(&document.path) } else { member.path.clone() };
        let path = format!("{}/{name}", document.path);
        let origin = Origin::Member { of: document.clone(), index };
        let inner = Document::new(path, origin, Stamp::of_member(member.bytes));
        members.push(Arc::new(match &member.refused {
            Some(reason) => inner.with(DocumentState::Failed, reason.as_str()),
            None => inner.by_name(originals.pictures),
        }));
    }
    if !has_text {
        match members.len() {
            0 => document.refuse(Without::new(Some(kind), DocumentState::NoText, EMPTY)),
            count => document.set_facts(Without::new(Some(kind), DocumentState::Opened, lies_in_it(count)).into()),
        }
    }
    Ok(members)
}

/// "app.log" of "logs/app.log.gz".
fn unpacked_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("content", |(stem, _)| stem).to_owned()
}
