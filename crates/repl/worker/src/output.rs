//! What a cell prints, bounded: its head and its tail.

use pyo3::prelude::*;
use std::{collections::VecDeque, sync::Mutex};

#[derive(Default)]
struct Kept {
    limit: usize,
    head: String,
    head_chars: usize,
    tail: VecDeque<char>,
    omitted: u64,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { limit: 0, head: String::new(), head_chars: 0, tail: VecDeque::new(), omitted: 0 });

fn with<T>(use_it: impl FnOnce(&mut Kept) -> T) -> T {
    use_it(&mut KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Begins a cell whose output may have `limit` characters.
pub fn begin(limit: usize) {
    with(|kept| *kept = Kept { limit, ..Kept::default() });
}

/// Ends it: the output, and how many characters were left out of its middle.
pub fn end() -> (String, u64) {
    with(|kept| {
        let mut text = std::mem::take(&mut kept.head);
        if kept.omitted > 0 {
            text.push_str(&format!("\n… {} characters left out …\n", kept.omitted));
        }
        text.extend(kept.tail.drain(..));
        (text, kept.omitted)
    })
}

/// `sys.stdout` and `sys.stderr` of the cells.
#[pyclass(frozen)]
pub struct Output;

#[pymethods]
impl Output {
    fn write(&self, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<usize> {
        // Lone surrogates are not text; they are shown as replacement characters.
        let text = match text.extract::<String>() {
            Ok(text) => text,
            Err(_) => text.call_method1("encode", ("utf-8", "replace"))?.call_method1("decode", ("utf-8",))?.extract()?,
        };
        let written = text.chars().count();
        py.detach(|| {
            with(|kept| {
                let half = kept.limit / 2;
                let mut rest = text.chars();
                while kept.head_chars < half {
                    let Some(c) = rest.next() else { return };
                    kept.head.push(c);
                    kept.head_chars += 1;
                }
                for c in rest {
                    kept.tail.push_back(c);
                    if kept.tail.len() > kept.limit - half {
                        kept.tail.pop_front();
                        kept.omitted += 1;
                    }
                }
            });
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
