//! One node of the recursion: a loop of turns, and the host that answers what its code asks.

pub mod fence;
pub mod host;
pub mod turns;
