//! Models: choosing, downloading and testing them, their keys, and the user's own facts about them.

pub mod files;
pub mod keys;
pub mod offered;
pub mod own_facts;
