//! Every word that Plumb says to a model stands in `prompts/`; this fills it in.

use minijinja::{Environment, Value};
use std::sync::LazyLock;

/// The templates, by their file's name.
const TEMPLATES: &[(&str, &str)] = &[
    ("cut_off", include_str!("../../../../prompts/cut_off.md")),
    ("direct_first", include_str!("../../../../prompts/direct_first.md")),
    ("direct_system", include_str!("../../../../prompts/direct_system.md")),
    ("free_first", include_str!("../../../../prompts/free_first.md")),
    ("free_system", include_str!("../../../../prompts/free_system.md")),
    ("guided_first", include_str!("../../../../prompts/guided_first.md")),
    ("guided_lines", include_str!("../../../../prompts/guided_lines.md")),
    ("guided_output", include_str!("../../../../prompts/guided_output.md")),
    ("guided_read", include_str!("../../../../prompts/guided_read.md")),
    ("guided_system", include_str!("../../../../prompts/guided_system.md")),
    ("hint", include_str!("../../../../prompts/hint.md")),
    ("recursive_first", include_str!("../../../../prompts/recursive_first.md")),
    ("recursive_output", include_str!("../../../../prompts/recursive_output.md")),
    ("recursive_system", include_str!("../../../../prompts/recursive_system.md")),
    ("output", include_str!("../../../../prompts/output.md")),
];

#[allow(clippy::expect_used, reason = "the templates are part of the program, and a test renders each")]
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).expect("a template of our own");
    }
    environment
});

/// Fills in the template `name`.
pub fn render(name: &str, values: Value) -> String {
    let rendered = ENVIRONMENT.get_template(name).and_then(|template| template.render(values));
    match rendered {
        Ok(text) => text.trim_end().to_owned(),
        // Not reachable with the templates that are linked in; the tests render all of them.
        Err(e) => format!("{name}: {e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    #[test]
    fn text_of_documents_is_never_escaped_or_read_as_a_template() {
        let lines = ["1: <b>{{ question }}</b>"];
        let blocks = vec![context! { path => "a.md", lines, alike => 0 }];
        let text = render("guided_first", context! { listing => ["a.md"], more => 0, peek => "", blocks, question => "Q & A?" });
        assert!(text.contains("<b>{{ question }}</b>") && text.ends_with("Q & A?"), "{text}");
    }

    #[test]
    fn a_recursive_model_is_told_what_its_context_is_and_when_its_last_turn_has_come() {
        for single in [true, false] {
            let system = render("recursive_system", context! { single, children => !single, sub_chars => 80_000 });
            assert_eq!(system.contains("context[:10000]"), single, "{system}");
            let listing = ["a.md"];
            let first = context! { single, name => "a.md", listing, more => 3, documents_note => "9 bytes", skipped => 1, reasons => "1 an image", question => "Q?" };
            let first = render("recursive_first", first);
            assert!(first.starts_with("Your context is a ") && first.contains("1 files were left out"), "{first}");
            assert_eq!(first.contains("and 3 more"), !single, "{first}");
        }
        let cells = vec![context! { code => "print(1)", output => "", error => Some("KeyError: 'x'") }];
        let told = render("recursive_output", context! { cells, skipped => true, last => true, question => "Q?" });
        assert!(told.contains("print(1)\n```\n\nREPL output:\n(no output)\nKeyError: 'x'\n"), "{told}");
        assert!(told.ends_with("and say what is uncertain.") && told.contains("This is your last turn"), "{told}");
    }

    #[test]
    fn an_output_names_the_question_again() {
        let cells = vec![context! { output => "1\n", error => None::<String> }];
        let text = render("output", context! { cells, skipped => false, last => false, question => "How many?" });
        assert!(text.starts_with("Output:\n1\n") && text.contains("Question, again: How many?"), "{text}");
    }
}
