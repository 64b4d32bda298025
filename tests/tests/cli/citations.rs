use crate::plumb::{Home, root};
use plumb_tests::scripted::Reply;
use serde_json::{Value, json};

const NOTES: &str = "Minutes of the meeting.\nThe launch code was chosen by lot.\nThe launch code is 4711.\nNobody objected.\n";

fn home() -> Home {
    let home = Home::with("notes.txt", NOTES);
    home.write("deep/er/more notes.md", "# More\n\nThe backup code is 1234.\n");
    home
}

/// Citations of an answer with this text.
async fn citations(text: &str) -> Vec<Value> {
    let code = format!("FINAL({text:?})");
    let answer = home().ask(&root([Reply::code(&code)]).await, &[]).await.answered();
    assert_eq!(answer["answer"], text);
    answer["citations"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_that_stands_at_its_place_is_found() {
    let found = citations(r#"The minutes say "The launch code is 4711." [[notes.txt#L3-L3]]."#).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["path"], &found[0]["start_line"], &found[0]["end_line"]), (&json!("notes.txt"), &json!(3), &json!(3)));
    assert_eq!(found[0]["verified"], "quote_found", "{found:?}");
    assert_eq!(found[0]["quote"], "The launch code is 4711.");
    assert_eq!(found[0]["place"], "line 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_that_stands_nowhere_is_not_found() {
    let found = citations(r#"The minutes say "The launch code is 0815." [[notes.txt#L3-L3]]."#).await;
    assert_eq!(found[0]["verified"], "not_found", "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_without_a_quote_is_only_a_place() {
    let found = citations("Nobody objected to it, as far as is known [[notes.txt#L4]].").await;
    assert_eq!((&found[0]["verified"], &found[0]["start_line"]), (&json!("place_found"), &json!(4)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_and_lines_that_do_not_exist_are_not_found() {
    let found = citations("See [[nowhere.txt#L1-L2]] and [[notes.txt#L100-L120]] and [[../../etc/passwd#L1-L1]].").await;
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|citation| citation["verified"] == "not_found"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn citations_keep_the_order_of_the_answer() {
    let text = r#"There are two: "The backup code is 1234." [[deep/er/more notes.md#L3-L3]] and "launch code is 4711" [[notes.txt#L2-L3]]."#;
    let found = citations(text).await;
    let seen: Vec<_> = found.iter().map(|c| (c["path"].as_str().unwrap(), c["verified"].as_str().unwrap())).collect();
    assert_eq!(seen, [("deep/er/more notes.md", "quote_found"), ("notes.txt", "quote_found")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_answer_has_its_citations_checked_too() {
    let reply = Reply::text(r#"It is 4711: "The launch code is 4711." [[notes.txt#L3-L3]]"#);
    let answer = home().ask(&root([reply]).await, &["--mode", "direct"]).await.answered();
    assert_eq!(answer["mode"], "direct");
    assert_eq!(answer["citations"][0]["verified"], "quote_found", "{answer}");
}
