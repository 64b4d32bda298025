#![allow(clippy::unwrap_used)]

use super::{super::archive::broken, *};

const NOTEBOOK: &str = r##"{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3"}}, "cells": [
 {"cell_type": "markdown", "metadata": {}, "source": ["# Levels\n", "Of the *upper* pool. ![plot](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)"]},
 {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "for n in range(2):\n    print(n)", "outputs": [
   {"output_type": "stream", "name": "stdout", "text": ["0\n"]}, {"output_type": "stream", "name": "stdout", "text": ["1\n", "10%\r100%\n"]}]},
 {"cell_type": "code", "metadata": {}, "source": [], "outputs": []},
 {"cell_type": "code", "metadata": {}, "source": ["df"], "outputs": [
   {"output_type": "execute_result", "data": {"text/plain": ["   a  b\n", "0  1  2"], "text/html": ["<table><tr><th></th><th>a</th><th>b</th></tr>", "<tr><th>0</th><td>1</td><td>2</td></tr></table>"], "image/png": "iVBORw0"}},
   {"output_type": "error", "ename": "ValueError", "evalue": "no level", "traceback": ["\u001b[0;31mValueError\u001b[0m: no level", "line 2"]}]}
]}"##;

#[test]
fn cells_and_their_outputs_are_in_order() {
    let parsed = text(NOTEBOOK.as_bytes()).unwrap();
    let expected = "# Levels\nOf the *upper* pool. ![plot]()\n\nfor n in range(2):\n    print(n)\n\n0\n1\n100%\n\ndf\n\n | a | b\n0 | 1 | 2\n\nValueError: no level\nline 2\n";
    assert_eq!(parsed.text, expected);
    assert_eq!(parsed.places, [Place::new(1, "cell 1"), Place::new(4, "cell 2"), Place::new(11, "cell 4")]);
    assert_eq!(parsed.text.lines().nth(10), Some("df"));
}

#[test]
fn notebooks_of_version_3_are_read() {
    let old = r#"{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "level": 2, "source": "Scope"},
        {"cell_type": "code", "language": "python", "input": ["1 + 1"], "outputs": [{"output_type": "pyout", "text": ["2"]}]}]}]}"#;
    let parsed = text(old.as_bytes()).unwrap();
    assert_eq!(parsed.text, "## Scope\n\n1 + 1\n\n2\n");
    assert_eq!(parsed.places, [Place::new(1, "cell 1"), Place::new(3, "cell 2")]);
}

#[test]
fn empty_and_broken_notebooks_give_a_reason() {
    assert_eq!(text(b"{\"cells\": []}").unwrap_err(), Failure::no_text("an empty notebook"));
    assert!(text(&NOTEBOOK.as_bytes()[..300]).unwrap_err().reason.starts_with("damaged"));
    for bytes in broken::forms(NOTEBOOK.as_bytes()) {
        let _ = text(&bytes);
    }
}
