//! Everything that a worker can send: no bytes may crash the program, hang it or get past a limit.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| plumb_repl::fuzzing::session(bytes));
