//! The output of a cell, bounded: its head and its tail.

use parking_lot::Mutex;
use pyo3::prelude::*;
use std::collections::VecDeque;

#[derive(Default)]
struct Kept {
    limit_chars: usize,
    head: String,
    head_chars: usize,
    tail: VecDeque<char>,
    omitted_chars: u64,
}

static KEPT: Mutex<Kept> =
    Mutex::new(Kept { limit_chars: 0, head: String::new(), head_chars: 0, tail: VecDeque::new(), omitted_chars: 0 });

/// Begins a cell whose output may have `limit_chars` characters.
pub fn begin(limit_chars: usize) {
    *KEPT.lock() = Kept { limit_chars, ..Kept::default() };
}

/// Ends the cell: returns its output and the number of characters left out of the middle.
pub fn end() -> (String, u64) {
    let mut kept = KEPT.lock();
    let mut text = std::mem::take(&mut kept.head);
    if kept.omitted_chars > 0 {
        text.push_str(&format!("\n… {} characters left out …\n", kept.omitted_chars));
    }
    text.extend(kept.tail.drain(..));
    (text, kept.omitted_chars)
}

/// `sys.stdout` and `sys.stderr` of the cells.
#[pyclass(frozen)]
pub struct Output;

#[pymethods]
impl Output {
    fn write(&self, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<usize> {
        // Lone surrogates are not text: show them as replacement characters.
        let text = match text.extract::<String>() {
            Ok(text) => text,
            Err(_) => text.call_method1("encode", ("utf-8", "replace"))?.call_method1("decode", ("utf-8",))?.extract()?,
        };
        let written = text.chars().count();
        py.detach(|| {
            let mut kept = KEPT.lock();
            let head_limit = kept.limit_chars / 2;
            let tail_limit = kept.limit_chars - head_limit;
            let mut rest = text.chars();
            while kept.head_chars < head_limit {
                let Some(c) = rest.next() else { return };
                kept.head.push(c);
                kept.head_chars += 1;
            }
            for c in rest {
                kept.tail.push_back(c);
                if kept.tail.len() > tail_limit {
                    kept.tail.pop_front();
                    kept.omitted_chars += 1;
                }
            }
        });
        Ok(written)
    }
    fn flush(&self) {}
    fn isatty(&self) -> bool {
        false
    }
    fn writable(&self) -> bool {
        true
    }
    #[getter]
    fn encoding(&self) -> &str {
        "utf-8"
    }
    #[getter]
    fn errors(&self) -> &str {
        "replace"
    }
}
