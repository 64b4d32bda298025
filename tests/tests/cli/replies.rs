//! Replies that are not whole: a sub-call's says so to the code that asked, and code that was cut off does not run.

use crate::plumb::{Home, last_message, root, scripted};
use plumb_tests::scripted::{Reply, Rule, ScriptedServer};
use serde_json::Value;

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

fn ended(finish: &str, reply: Reply) -> Reply {
    Reply { finish: finish.to_owned(), ..reply }
}

fn messages(server: &ScriptedServer, request: usize) -> Value {
    server.requests()[request]["messages"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn code_can_see_that_a_sub_calls_reply_is_not_whole_and_so_can_whoever_looks_also_after_going_on() {
    let thoughts = Reply { thinking: "hmm, ".repeat(20), ..Reply::text("") };
    let rules = [
        Rule::starting("LONG", [ended("length", Reply::text("one two three").usage(9, 0, 3))]),
        Rule::starting("BAD", [ended("content_filter", Reply::text("I will not."))]),
        Rule::starting("MUTE", [ended("length", thoughts)]),
        Rule::starting("NONE", [ended("content_filter", Reply::text(""))]),
        Rule::starting("EMPTY", [Reply::text(" \n")]),
        Rule::starting("GOOD", [Reply::text("whole")]),
    ];
    let code = "replies = llm_query_batched(['LONG', 'BAD', 'MUTE', 'NONE', 'EMPTY', 'GOOD'])\n\
                try:\n    llm_query('MUTE')\nexcept RuntimeError as error:\n    replies.append(str(error))";
    let server = scripted([Reply::code(code), Reply::status(401, "no"), Reply::code("FINAL('|'.join(replies))")], rules).await;
    let home = home();
    let broken = home.ask(&server, &[]).await.ended(1, "failed");
    let run = broken["run_id"].as_str().unwrap();
    let answer = home.run(&["resume", run, "--json"]).await.answered();
    let told: Vec<&str> = answer["answer"].as_str().unwrap().split('|').collect();
    assert_eq!(told[0], "one two three\n[the reply was cut off here, at its limit of 3 tokens]");
    assert!(told[1].starts_with("I will not.\n[the model refused"), "{answer}");
    assert!(told[2].starts_with("[no reply: server:scripted reached its limit of 10 tokens before it said a word."), "{answer}");
    assert!(told[3].starts_with("[no reply: server:scripted refused"), "{answer}");
    assert!(told[4].starts_with("[no reply: server:scripted ended its reply without a word."), "{answer}");
    assert_eq!(told[5], "whole");
    assert!(told[6].starts_with("server:scripted reached its limit"), "{answer}");
    assert_eq!(server.stats().rule_requests, [1, 1, 2, 1, 1, 1], "what was answered is remembered");
    // What an empty reply cost is counted like any other.
    assert_eq!(answer["usage"]["output_tokens"], 3 + 8 * 10, "{answer}");

    let shown = home.run(&["show", run]).await.stdout;
    assert!(shown.contains("reply 1 (The reply was cut off at the model's greatest length): one two three"), "{shown}");
    assert!(shown.contains("reply 2 (The model refused to answer): I will not.") && shown.contains("reply 6: whole"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_was_cut_off_at_the_limit_of_a_reply_does_not_run_and_what_came_before_it_does() {
    let cut = "First:\n```repl\nprint('whole')\n```\nThen:\n```repl\nprint('a part')\ntotal = 1";
    let server = root([ended("length", Reply::text(cut)), Reply::status(401, "no"), Reply::code("FINAL('done')")]).await;
    let home = home();
    let broken = home.ask(&server, &[]).await.ended(1, "failed");
    let told = last_message(&server, 1);
    assert!(told.contains("whole") && !told.contains("a part"), "{told}");
    assert!(told.contains("was cut off here") && told.contains("did not run"), "{told}");
    let run = broken["run_id"].as_str().unwrap();
    assert_eq!(home.run(&["resume", run, "--json"]).await.answered()["answer"], "done");
    assert_eq!(messages(&server, 1), messages(&server, 2), "going on asks the same again");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_is_whole_runs_though_the_reply_around_it_was_cut_off_and_so_does_an_unclosed_one_of_a_reply_that_was_not() {
    let after = ended("length", Reply::text("```repl\nday = 'Tuesday'\n```\nAnd now I will"));
    let server = root([after, Reply::text("```repl\nFINAL(day)")]).await;
    assert_eq!(home().ask(&server, &[]).await.answered()["answer"], "Tuesday");
}

/// Each of these requests begins, byte for byte, with the messages of the one before.
fn grow(requests: &[Value]) {
    let written: Vec<String> = requests.iter().map(|request| request["messages"].to_string()).collect();
    for (before, after) in written.iter().zip(&written[1..]) {
        assert!(after.len() > before.len() && after.starts_with(before.strip_suffix(']').unwrap()), "{before}\n\n{after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_of_a_turn_begin_byte_for_byte_with_those_of_the_turn_before() {
    let fill = |n: usize| Reply::code(&format!("kept{n} = '{}'\nprint(kept{n}, '\u{e9}\u{1f600}', {n})", "filling ".repeat(200)));
    let fails = Reply::code("print(1)\nno_such_name");
    let plain = Reply::text("I think it is Tuesday, though I have not looked.");
    // A provider keeps what a conversation begins with as long as that stays the same, also over an interruption.
    let turns = [fill(1), fails, plain, Reply::status(401, "no"), fill(2), Reply::code("FINAL('Tuesday')")];
    let (home, server) = (home(), root(turns).await);
    let broken = home.ask(&server, &[]).await.ended(1, "failed");
    home.run(&["resume", broken["run_id"].as_str().unwrap(), "--json"]).await.answered();
    let mut requests = server.requests();
    assert_eq!(requests.len(), 6);
    assert_eq!(requests.remove(3)["messages"], requests[3]["messages"], "what was refused is asked again as it was");
    grow(&requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_do_the_turns_of_code_of_a_small_model_that_is_led() {
    let mut replies = vec![Reply::text("Answer: not found")];
    replies.extend((0..4).map(|n| Reply::code(&format!("print(len(grep('nothing{n}').hits), 'caf\u{e9}')"))));
    replies.push(Reply::text("Answer: not found"));
    let lines: String = (1..=60).map(|n| format!("Paragraph {n} speaks of something else, number {}.\n", n * 7)).collect();
    let home = Home::with("book.txt", &format!("{lines}The answer is forty-two, as everybody knows.\n"));
    let server = root(replies).await;
    home.ask(&server, &["--mode", "guided"]).await.answered();
    let requests = server.requests();
    assert_eq!(requests.len(), 6, "the first and the last read");
    grow(&requests[1..5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_cut_off_at_the_limit_of_a_reply_is_said_to_be() {
    let home = home();
    for (mode, reply) in [("direct", "It is on Tues"), ("rlm", "FINAL(It is on Tues)")] {
        for (finish, said) in [("length", "was cut off"), ("content_filter", "is not whole"), ("stop", "")] {
            let server = root([ended(finish, Reply::text(reply))]).await;
            let asked = home.ask(&server, &["--mode", mode]).await;
            assert_eq!(asked.answered()["answer"], "It is on Tues");
            assert_eq!(asked.stderr.contains("The answer "), !said.is_empty(), "{mode} {finish}: {}", asked.stderr);
            assert!(asked.stderr.contains(said), "{mode} {finish}: {}", asked.stderr);
        }
    }
}
