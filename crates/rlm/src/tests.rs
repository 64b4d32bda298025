//! Tests of whole runs over scripted parts.

mod prompts;
