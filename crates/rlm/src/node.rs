//! One node of the recursion: a loop of turns, and the host that answers its code's requests.

pub mod children;
pub mod host;
pub mod spec;
pub mod sub_calls;
pub mod turns;
pub mod worker;
