//! The templates in `prompts/`, which hold every word that Plumb says to a model. Those of the REPL's own functions are in `prompts/repl.py`, which
//! the worker loads.

pub use minijinja::{Value, context};

use crate::{record::replay::RecordedReply, usage::Finish};
use minijinja::Environment;
use std::sync::LazyLock;

/// The templates, by file name.
const TEMPLATES: &[(&str, &str)] = &[
    ("answer_now", include_str!("../../../prompts/answer_now.md")),
    ("bad_call", include_str!("../../../prompts/bad_call.md")),
    ("batch_too_large", include_str!("../../../prompts/batch_too_large.md")),
    ("code_stopped", include_str!("../../../prompts/code_stopped.md")),
    ("context_name", include_str!("../../../prompts/context_name.md")),
    ("contexts_too_long", include_str!("../../../prompts/contexts_too_long.md")),
    ("cut_off", include_str!("../../../prompts/cut_off.md")),
    ("direct_first", include_str!("../../../prompts/direct_first.md")),
    ("direct_system", include_str!("../../../prompts/direct_system.md")),
    ("documents_note", include_str!("../../../prompts/documents_note.md")),
    ("free_first", include_str!("../../../prompts/free_first.md")),
    ("free_system", include_str!("../../../prompts/free_system.md")),
    ("guided_begin_answer", include_str!("../../../prompts/guided_begin_answer.md")),
    ("guided_begin_count", include_str!("../../../prompts/guided_begin_count.md")),
    ("guided_begin_look", include_str!("../../../prompts/guided_begin_look.md")),
    ("guided_first", include_str!("../../../prompts/guided_first.md")),
    ("guided_lines", include_str!("../../../prompts/guided_lines.md")),
    ("guided_not_found", include_str!("../../../prompts/guided_not_found.md")),
    ("guided_output", include_str!("../../../prompts/guided_output.md")),
    ("guided_read", include_str!("../../../prompts/guided_read.md")),
    ("guided_system", include_str!("../../../prompts/guided_system.md")),
    ("hint", include_str!("../../../prompts/hint.md")),
    ("lines_too_long", include_str!("../../../prompts/lines_too_long.md")),
    ("map_accounts", include_str!("../../../prompts/map_accounts.md")),
    ("map_amount", include_str!("../../../prompts/map_amount.md")),
    ("map_ask", include_str!("../../../prompts/map_ask.md")),
    ("map_attend", include_str!("../../../prompts/map_attend.md")),
    ("map_begin", include_str!("../../../prompts/map_begin.md")),
    ("map_belongs", include_str!("../../../prompts/map_belongs.md")),
    ("map_belongs_entry", include_str!("../../../prompts/map_belongs_entry.md")),
    ("map_bridge", include_str!("../../../prompts/map_bridge.md")),
    ("map_bridged", include_str!("../../../prompts/map_bridged.md")),
    ("map_card", include_str!("../../../prompts/map_card.md")),
    ("map_card_begin", include_str!("../../../prompts/map_card_begin.md")),
    ("map_cards", include_str!("../../../prompts/map_cards.md")),
    ("map_check_begin", include_str!("../../../prompts/map_check_begin.md")),
    ("map_compare", include_str!("../../../prompts/map_compare.md")),
    ("map_converted", include_str!("../../../prompts/map_converted.md")),
    ("map_differences", include_str!("../../../prompts/map_differences.md")),
    ("map_entries", include_str!("../../../prompts/map_entries.md")),
    ("map_entries_begin", include_str!("../../../prompts/map_entries_begin.md")),
    ("map_fact", include_str!("../../../prompts/map_fact.md")),
    ("map_kind", include_str!("../../../prompts/map_kind.md")),
    ("map_kinds", include_str!("../../../prompts/map_kinds.md")),
    ("map_known", include_str!("../../../prompts/map_known.md")),
    ("map_list", include_str!("../../../prompts/map_list.md")),
    ("map_listing", include_str!("../../../prompts/map_listing.md")),
    ("map_no_differences", include_str!("../../../prompts/map_no_differences.md")),
    ("map_not_found", include_str!("../../../prompts/map_not_found.md")),
    ("map_notes", include_str!("../../../prompts/map_notes.md")),
    ("map_operation", include_str!("../../../prompts/map_operation.md")),
    ("map_overview", include_str!("../../../prompts/map_overview.md")),
    ("map_overview_answer", include_str!("../../../prompts/map_overview_answer.md")),
    ("map_parts", include_str!("../../../prompts/map_parts.md")),
    ("map_parts_begin", include_str!("../../../prompts/map_parts_begin.md")),
    ("map_passage", include_str!("../../../prompts/map_passage.md")),
    ("map_points", include_str!("../../../prompts/map_points.md")),
    ("map_points_begin", include_str!("../../../prompts/map_points_begin.md")),
    ("map_query", include_str!("../../../prompts/map_query.md")),
    ("map_query_question", include_str!("../../../prompts/map_query_question.md")),
    ("map_query_table", include_str!("../../../prompts/map_query_table.md")),
    ("map_question", include_str!("../../../prompts/map_question.md")),
    ("map_read", include_str!("../../../prompts/map_read.md")),
    ("map_reduced", include_str!("../../../prompts/map_reduced.md")),
    ("map_rows", include_str!("../../../prompts/map_rows.md")),
    ("map_says", include_str!("../../../prompts/map_says.md")),
    ("map_says_begin", include_str!("../../../prompts/map_says_begin.md")),
    ("map_text", include_str!("../../../prompts/map_text.md")),
    ("map_update", include_str!("../../../prompts/map_update.md")),
    ("map_update_text", include_str!("../../../prompts/map_update_text.md")),
    ("map_verdict", include_str!("../../../prompts/map_verdict.md")),
    ("map_write", include_str!("../../../prompts/map_write.md")),
    ("no_reply", include_str!("../../../prompts/no_reply.md")),
    ("other_model", include_str!("../../../prompts/other_model.md")),
    ("output", include_str!("../../../prompts/output.md")),
    ("prompt_too_long", include_str!("../../../prompts/prompt_too_long.md")),
    ("recursive_first", include_str!("../../../prompts/recursive_first.md")),
    ("recursive_output", include_str!("../../../prompts/recursive_output.md")),
    ("recursive_system", include_str!("../../../prompts/recursive_system.md")),
    ("replay_differs", include_str!("../../../prompts/replay_differs.md")),
    ("reply_cut_off", include_str!("../../../prompts/reply_cut_off.md")),
    ("reply_withheld", include_str!("../../../prompts/reply_withheld.md")),
    ("shortened", include_str!("../../../prompts/shortened.md")),
    ("text_too_large", include_str!("../../../prompts/text_too_large.md")),
    ("worker_ended", include_str!("../../../prompts/worker_ended.md")),
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

/// A sub-call's reply as code gets it: one that is not whole says so itself.
pub fn given(reply: &RecordedReply) -> String {
    let (text, tokens) = (&reply.text, reply.usage.output_tokens);
    match reply.finish {
        Finish::Stop => text.clone(),
        Finish::Length => render("reply_cut_off", context! { text, tokens }),
        Finish::Refused => render("reply_withheld", context! { text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_linked_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> = files.filter_map(|file| file.strip_suffix(".md").map(str::to_owned)).collect();
        // The worker links this one in itself.
        files.retain(|file| file != "interpreter_changed");
        files.sort();
        assert_eq!(files, TEMPLATES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }

    #[test]
    fn text_of_documents_is_never_escaped_or_rendered() {
        let lines = ["1: <b>{{ question }}</b>"];
        let blocks = vec![context! { path => "a.md", lines, alike => 0 }];
        let text = render("guided_first", context! { listing => ["a.md"], more => 0, peek => "", blocks, question => "Q & A?" });
        assert!(text.contains("<b>{{ question }}</b>") && text.ends_with("Q & A?"), "{text}");
    }

    #[test]
    fn recursive_models_are_told_their_context_and_last_turn() {
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
    fn questions_over_tables_end_with_the_question() {
        let values = vec![context! { name => "harbour", values => ["North", "South"] }];
        let dates = vec![context! { name => "built_on", first => "2019-04-02", last => "2021-08-30" }];
        let empty = vec![context! { name => "sunk_on", rows => 4 }];
        let table = context! { name => "boats", rows => 9, columns => ["boat", "harbour"], samples => ["Canoe | North"], values, dates, empty };
        let tables = render("map_query_table", table);
        let text = render("map_query_question", context! { tables, question => "How many?" });
        assert_eq!(
            text,
            "Table boats (9 rows): boat, harbour\nCanoe | North\nharbour: North, South\nbuilt_on: from 2019-04-02 to 2021-08-30\n\
             sunk_on: empty in 4 rows\nQuestion: How many?"
        );
        // A token of a small model is at least three characters of such text, on the average.
        assert!(render("map_query", context! {}).len() < 1_150);
    }

    #[test]
    fn outputs_repeat_the_question() {
        let cells = vec![context! { output => "1\n", error => None::<String> }];
        let text = render("output", context! { cells, skipped => false, last => false, question => "How many?" });
        assert!(text.starts_with("Output:\n1\n") && text.contains("Question, again: How many?"), "{text}");
    }
}
