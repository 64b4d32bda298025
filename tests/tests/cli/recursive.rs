//! Models fine-tuned to drive a REPL, recognised by name: the prompt of their training, and FINAL outside code.

use crate::plumb::{Home, last_message, root, scripted};
use plumb_tests::scripted::{Reply, Rule, ScriptedServer};

const MODEL: [&str; 2] = ["--model", "vllm:mit-oasys/rlm-qwen3-8b-v0.1"];

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

fn message(server: &ScriptedServer, request: usize, message: usize) -> String {
    server.requests()[request]["messages"][message]["content"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_gets_its_training_prompt_and_final_in_prose_ends_the_run() {
    let sub = Rule::starting("Which day?", [Reply::text("Tuesday, it says.")]);
    let asks = Reply::text("I look first.\n```repl\nprint(llm_query('Which day? ' + context['note.txt']))\n```");
    let last = Reply::text("That is it.\nFINAL(On Tuesday (the text says so) [[note.txt#L1]])");
    let server = scripted([asks, last], [sub]).await;
    let answer = home().ask(&server, &MODEL).await.answered();
    assert_eq!((&answer["answer"], &answer["mode"]), (&"On Tuesday (the text says so) [[note.txt#L1]]".into(), &"rlm".into()));
    assert_eq!((&answer["turns"], &answer["calls"]), (&2.into(), &1.into()), "{answer}");
    let system = message(&server, 0, 0);
    assert!(system.starts_with("You are tasked with answering a query about an associated context"), "{system}");
    assert!(system.contains("FINAL_VAR(variable_name)") && system.contains("`SHOW_VARS()`"), "{system}");
    let first = message(&server, 0, 1);
    assert!(first.starts_with("Your context is a mapping") && first.ends_with("Your next action:"), "{first}");
    let told = last_message(&server, 2);
    assert!(told.starts_with("Code executed:\n```python\nprint(llm_query("), "{told}");
    assert!(
        told.contains("REPL output:\nTuesday, it says.") && told.contains("to answer the query: \"What is the answer?\""),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_named_beside_the_code_that_makes_it_is_the_answer() {
    let server = root([Reply::text("```repl\nday = context['note.txt'].split()[-1]\n```\nFINAL_VAR(day)")]).await;
    assert_eq!(home().ask(&server, &MODEL).await.answered()["answer"], "Tuesday.");
    // An undefined variable neither answers nor ends the run.
    let server = root([Reply::text("FINAL_VAR(nothing)"), Reply::text("FINAL(Tuesday)")]).await;
    let answer = home().ask(&server, &MODEL).await.answered();
    assert_eq!((&answer["answer"], &answer["turns"]), (&"Tuesday".into(), &2.into()), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_model_can_be_marked_as_one_and_others_get_plumbs_prompt() {
    let home = home();
    let server = root(vec![Reply::text("FINAL(Tuesday)"); 2]).await;
    home.ask(&server, &[]).await.answered();
    assert!(message(&server, 0, 0).starts_with("You answer questions about documents"), "{}", message(&server, 0, 0));
    let own = "[[model]]\nprovider = 'server'\nname = 'scripted'\nstrength = 'recursive'\n";
    std::fs::write(home.plumb_home().join("data/models.toml"), own).unwrap();
    home.ask(&server, &[]).await.answered();
    assert!(message(&server, 1, 0).starts_with("You are tasked with"), "{}", message(&server, 1, 0));
}
