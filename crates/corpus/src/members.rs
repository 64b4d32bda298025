//! What lies in archives, mailboxes and e-mails, as documents of their own.

use crate::{
    document::Document,
    frozen::About,
    opening::Listing,
    parallel,
    reading::{EMPTY, Reading, lies_in_it},
    source::{Origin, Stamp},
    trouble::Trouble,
};
use plumb_extract::Kind;
use plumb_rlm::documents::DocumentState;
use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicBool};

/// Documents inside of documents inside of documents: so deep, and no deeper.
const DEEPEST: usize = 4;
/// The most documents inside of others in one corpus.
const MOST: usize = 500_000;

/// The documents that lie in these, and in those; as they are known from a listing before, where they are still the same. Blocks; ends early,
/// with what it has, when `stop` is set.
pub fn of(
    documents: &[Arc<Document>],
    hidden: bool,
    reading: &Reading,
    stop: &AtomicBool,
    before: Option<&Listing>,
) -> Vec<Arc<Document>> {
    let mut found = Vec::new();
    let mut outer: Vec<Arc<Document>> = documents.iter().filter(|document| may_hold(document)).cloned().collect();
    while !outer.is_empty() && found.len() < MOST {
        let inner: Mutex<Vec<Arc<Document>>> = Mutex::default();
        // That it was stopped is told by whoever stopped it.
        let _ = parallel::each(&outer, stop, || {
            |_, document: &Arc<Document>| {
                let members = open(document, hidden, reading);
                inner.lock().unwrap_or_else(PoisonError::into_inner).extend(members);
                Ok(())
            }
        });
        let mut inner = inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner.truncate(MOST - found.len());
        if let Some(before) = before {
            before.keep_known(&mut inner);
        }
        outer = inner.iter().filter(|document| may_hold(document)).cloned().collect();
        found.append(&mut inner);
    }
    found
}

/// By its name: no file is read to find out that it is an archive.
pub fn may_hold(document: &Document) -> bool {
    // One that was opened for a listing before is opened again: other members of it may be listed now.
    let opens = document.is_askable() || document.container.get().is_some();
    if !opens || !Kind::by_name(&document.path).is_some_and(Kind::is_container) {
        return false;
    }
    match &document.origin {
        Origin::File { .. } => true,
        // A mailbox lists the attachments of its e-mails itself: it reads them all at once.
        Origin::Member { of, .. } => {
            let of_mailbox = of.entry().kind == Kind::Mailbox.id();
            document.origin.depth() < DEEPEST && !(of_mailbox && Kind::by_name(&document.path) == Some(Kind::Mail))
        }
    }
}

fn open(document: &Arc<Document>, hidden: bool, reading: &Reading) -> Vec<Arc<Document>> {
    let (container, parsed) = match reading.members(document) {
        Ok(Some(opened)) => opened,
        // Its name says more than it holds: when it is touched, its content tells what it is.
        Ok(None) => return Vec::new(),
        Err(trouble) => {
            document.refuse(trouble);
            return Vec::new();
        }
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
            None => inner.by_name(reading.pictures),
        }));
    }
    if !has_text {
        match members.len() {
            0 => document.refuse(Trouble::no_text(Some(kind), EMPTY)),
            count => document.opened(kind, lies_in_it(count)),
        }
    }
    members
}

/// "app.log" of "logs/app.log.gz".
fn unpacked_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("content", |(stem, _)| stem).to_owned()
}
