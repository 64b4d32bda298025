//! The guided REPL, with a scripted server instead of a small model.

use crate::plumb::{Home, last_message, root};
use plumb_tests::scripted::Reply;
use serde_json::json;

const GUIDED: &[&str] = &["--mode", "guided"];

/// A book with one line that answers the question.
fn prose() -> Home {
    let lines: Vec<String> = (1..=60).map(|n| format!("Paragraph {n} speaks of something else, number {}.", n * 7)).collect();
    let mut lines = lines.join("\n");
    lines.push_str("\nThe answer is forty-two, as everybody knows.\n");
    Home::with("book.txt", &lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_reads_the_engines_finds_and_plumb_cites_them() {
    let server = root([Reply::text("Answer: It is forty-two.")]).await;
    let answer = prose().ask(&server, GUIDED).await.answered();
    assert!(last_message(&server, 0).contains("11: The answer is forty-two"), "{}", last_message(&server, 0));
    assert_eq!((&answer["answer"], &answer["turns"]), (&json!("It is forty-two. [[book.txt#L61]]"), &json!(1)));
    assert_eq!(answer["citations"][0]["verified"], "place_found", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_named_by_its_number_is_cited_at_its_place() {
    let home = Home::with("notes.txt", "An answer came late.\n\n\n\nThe answer to that answer came in May.\n");
    let server = root([Reply::text("Answer: It came in May [2]")]).await;
    let answer = home.ask(&server, GUIDED).await.answered();
    let read = last_message(&server, 0);
    assert!(read.contains("1: An answer came late.") && read.contains("2: The answer to that answer"), "{read}");
    assert_eq!(answer["answer"], "It came in May [[notes.txt#L5]]");
    assert_eq!(answer["citations"][0]["verified"], "place_found", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_in_the_passages_the_model_searches_by_code() {
    let home = prose();
    home.write("other.txt", "Of three hundred and ten boats one was green.\n");
    let server = root([
        Reply::text("Answer: not found"),
        Reply::code("hits = grep('boats')"),
        Reply::code("# Again.\nhits = grep('boats')"),
        Reply::text("Answer: 310 boats"),
    ])
    .await;
    let answer = home.ask(&server, GUIDED).await.answered();
    // The code repeated itself, so the model must answer, with its code's finding first.
    let shown = last_message(&server, 3);
    assert!(shown.find("1: Of three hundred and ten boats") < shown.find("12: The answer is forty-two"), "{shown}");
    assert_eq!(answer["answer"], "310 boats [[other.txt#L1]]");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stands_nowhere_is_not_found() {
    let mut replies = vec![Reply::text("Answer: not found")];
    replies.extend((0..4).map(|n| Reply::code(&format!("print(len(grep('nothing{n}').hits))"))));
    replies.push(Reply::text("Answer: not found"));
    let answer = prose().ask(&root(replies).await, GUIDED).await.answered();
    assert!(answer["answer"].as_str().unwrap().starts_with("Not found: no line"), "{answer}");
    assert_eq!((&answer["turns"], &answer["citations"]), (&json!(6), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_similar_lines_are_counted_and_the_count_is_cited() {
    let log: String = (0..90)
        .map(|n| match n % 3 {
            0 => format!("2024-05-01 10:{:02}:30 WARN answer came late\n", n % 60),
            _ => format!("2024-05-01 10:{:02}:{} INFO all is well\n", n % 60, n % 60),
        })
        .collect();
    let code = "hits = grep('answer came late')\nFINAL(f'{hits.total} times')";
    let server = root([Reply::code(code)]).await;
    let answer = Home::with("plant.log", &log).ask(&server, GUIDED).await.answered();
    assert!(last_message(&server, 0).contains("more lines like this one"), "{}", last_message(&server, 0));
    // Line 2 holds a 30 too, but not the words.
    assert_eq!(answer["answer"], "30 times [[plant.log#L1]]");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_tables_are_read_with_the_names_of_their_columns() {
    let home = Home::with("prices.md", "# Prices\n\n| Boat | Answer |\n| --- | --- |\n| Canoe | 20 |\n| Raft | 35 |\n");
    let server = root([Reply::text("Answer: 35")]).await;
    let answer = home.ask(&server, GUIDED).await.answered();
    assert!(last_message(&server, 0).contains("5: Boat: Raft | Answer: 35"), "{}", last_message(&server, 0));
    assert_eq!(answer["answer"], "35 [[prices.md#L6]]");
}
