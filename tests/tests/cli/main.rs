//! The `plumb` command as a person or a script uses it: the built program, its own home, and a scripted model server.
// clippy allows a panic only in functions marked as tests, and not in those that the tests share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_input;
mod canary;
mod citations;
mod connections;
mod formats;
mod graphics;
mod guided;
mod hostile_files;
mod keychain;
mod ledger;
mod limits;
mod local_model;
mod main_job;
mod mended;
mod model_faults;
mod offline;
mod plumb;
mod poisoned;
mod providers;
mod rate_limits;
mod recursive;
mod replies;
mod resume;
mod serving;
mod spending;
mod two_servers;
mod wild_code;
