//! Finds the code in a reply. Models fence it in different ways, and all of them run.

/// A reply, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Code cells in order.
    pub cells: Vec<String>,
    /// The last cell's closing fence is missing.
    pub unclosed: bool,
    /// An answer in the text itself: `FINAL(...)` outside of code, as older and fine-tuned models write it.
    pub answer: Option<TextAnswer>,
}

/// An answer outside of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextAnswer {
    /// `FINAL(words)`.
    Words(String),
    /// `FINAL_VAR(name)`.
    Variable(String),
}

/// Language names after the opening fence of code that runs.
const RUNNABLE: [&str; 6] = ["repl", "python", "py", "python3", "ipython", ""];

/// Parses a reply. A fence that is not closed reaches to the end of the reply.
pub fn parse(reply: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut prose = String::new();
    let mut open: Option<(String, String, bool)> = None; // the fence's marks, the code so far, whether it runs
    for line in reply.lines() {
        let trimmed = line.trim();
        if let Some((marks, code, runs)) = &mut open {
            if trimmed.starts_with(marks.as_str()) && trimmed.trim_start_matches('`').is_empty() {
                if *runs {
                    push(&mut parsed.cells, code);
                }
                open = None;
            } else {
                code.push_str(line);
                code.push('\n');
            }
            continue;
        }
        let ticks = trimmed.len() - trimmed.trim_start_matches('`').len();
        let name = trimmed[ticks..].trim().to_ascii_lowercase();
        if ticks >= 3 && !name.contains('`') {
            open = Some(("`".repeat(ticks), String::new(), RUNNABLE.contains(&name.as_str())));
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    if let Some((_, code, true)) = open {
        parsed.unclosed = push(&mut parsed.cells, &code);
    }
    parsed.answer = final_in(&prose);
    parsed
}

/// Adds a cell, unless it is blank. Returns whether it did.
fn push(cells: &mut Vec<String>, code: &str) -> bool {
    let is_blank = code.trim().is_empty();
    if !is_blank {
        cells.push(code.to_owned());
    }
    !is_blank
}

/// `FINAL(...)` or `FINAL_VAR(...)` at the start of a line of prose; the answer reaches to the last closing bracket.
fn final_in(prose: &str) -> Option<TextAnswer> {
    let mut offset = 0;
    for line in prose.split_inclusive('\n') {
        let start = offset + line.len() - line.trim_start().len();
        offset += line.len();
        let rest = &prose[start..];
        let (inner, variable) = match (rest.strip_prefix("FINAL_VAR("), rest.strip_prefix("FINAL(")) {
            (Some(inner), _) => (inner, true),
            (None, Some(inner)) => (inner, false),
            (None, None) => continue,
        };
        let inner = inner.rfind(')').map_or(inner, |end| &inner[..end]);
        let words = inner.trim().trim_matches(|c| c == '"' || c == '\'').trim().to_owned();
        return Some(if variable { TextAnswer::Variable(words) } else { TextAnswer::Words(words) });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(reply: &str) -> Vec<String> {
        parse(reply).cells
    }

    #[test]
    fn code_in_every_fence_that_models_use_runs() {
        for fence in ["repl", "python", "py", "", "Python"] {
            assert_eq!(cells(&format!("Look:\n```{fence}\nx = 1\n```\nthen\n")), ["x = 1\n"], "{fence}");
        }
        assert_eq!(cells("````repl\ns = '''\n```\n'''\n````"), ["s = '''\n```\n'''\n"]);
    }

    #[test]
    fn an_unclosed_fence_runs_to_the_end() {
        assert_eq!(cells("```repl\nx = 1\ny = 2"), ["x = 1\ny = 2\n"]);
        assert!(parse("```repl\nx = 1").unclosed && parse("```py\na\n```\n```repl\nx = 1").unclosed);
        assert!(!parse("```repl\nx = 1\n```").unclosed && !parse("```py\na\n```\n```").unclosed);
    }

    #[test]
    fn other_languages_and_inline_code_do_not_run() {
        assert!(cells("```json\n{}\n```\n`x`\n```sh\nrm\n```").is_empty());
    }

    #[test]
    fn several_cells_keep_their_order() {
        assert_eq!(cells("```repl\na\n```\n```py\nb\n```"), ["a\n", "b\n"]);
    }

    #[test]
    fn an_answer_in_prose_is_found_but_not_one_in_code() {
        assert_eq!(parse("Thus\nFINAL(It is (about) 4.)").answer, Some(TextAnswer::Words("It is (about) 4.".into())));
        assert_eq!(parse("FINAL_VAR(total)").answer, Some(TextAnswer::Variable("total".into())));
        assert_eq!(parse("```repl\nFINAL('x')\n```").answer, None);
        assert_eq!(parse("I will call FINAL(x) later").answer, None);
    }
}
