//! Searches a text in the worker: the context of a helper. Plumb itself searches documents.

use pyo3::{exceptions::PyValueError, prelude::*};
use regex::RegexBuilder;

/// Lines of `text` that match: the first `limit` with their numbers, and the number of all.
#[pyfunction]
pub fn grep(py: Python<'_>, text: &str, pattern: &str, ignore_case: bool, limit: usize) -> PyResult<(Vec<(u64, String)>, u64)> {
    let built = RegexBuilder::new(pattern).case_insensitive(ignore_case).multi_line(true).build();
    let wanted = built.map_err(|e| PyValueError::new_err(format!("the pattern is not a valid regular expression: {e}")))?;
    py.detach(|| {
        let (mut found, mut total) = (Vec::new(), 0);
        for (number, line) in (1..).zip(text.split('\n')) {
            if wanted.is_match(line) {
                total += 1;
                if found.len() < limit {
                    found.push((number, line.to_owned()));
                }
            }
        }
        Ok((found, total))
    })
}

/// Lines `first` to `last` of `text`, numbered from 1, without the last line break.
#[pyfunction]
#[pyo3(signature = (text, first, last=None))]
pub fn lines(py: Python<'_>, text: &str, first: u64, last: Option<u64>) -> String {
    let count = last.map_or(usize::MAX, |last| (last + 1).saturating_sub(first) as usize);
    py.detach(|| text.split('\n').skip(first.saturating_sub(1) as usize).take(count).collect::<Vec<_>>().join("\n"))
}
