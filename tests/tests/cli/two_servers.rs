//! A model and a sub-model at two servers: each server's options, its key above all, reach only that server.

use crate::plumb::{Home, Outcome, finish};
use plumb_tests::scripted::{Reply, Rule, Script, ScriptedServer};

const KEY: &str = "sk-of-the-model-81c2";
const SUB_KEY: &str = "sk-of-the-sub-model-07fd";

/// The model's server, which accepts one key, and the sub-model's, which accepts any.
async fn servers() -> (ScriptedServer, ScriptedServer) {
    let root = vec![Reply::code("FINAL(llm_query('ITEM'))").usage(1_000, 0, 100)];
    let rules = vec![Rule::starting("ITEM", [Reply::text("ok").usage(100, 0, 10)])];
    let model = Script { root, key: Some(KEY.into()), ..Script::default() };
    let sub = Script { rules, ..Script::default() };
    (ScriptedServer::start(model).await.unwrap(), ScriptedServer::start(sub).await.unwrap())
}

/// Runs a command with both keys and a wrong key in its environment.
async fn run(home: &Home, arguments: &[&str]) -> Outcome {
    let mut command = home.command(arguments);
    command.envs([("KEY", KEY), ("SUB_KEY", SUB_KEY), ("WRONG", "sk-wrong")]);
    finish(command.spawn().unwrap()).await
}

async fn ask(home: &Home, model: &ScriptedServer, sub: &ScriptedServer, more: &[&str]) -> Outcome {
    let documents = home.documents();
    let named = ["--model", "anthropic:m", "--base-url", model.base_url()];
    let sub_named = ["--sub-model", "openai:s", "--sub-base-url", sub.base_url()];
    let asked = ["ask", "What?", documents.to_str().unwrap(), "--mode", "rlm", "--json"];
    run(home, &[&asked[..], &named, &sub_named, more].concat()).await
}

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_models_key_never_goes_to_the_sub_models_server() {
    let (model, sub) = servers().await;
    let home = home();
    let answer = ask(&home, &model, &sub, &["--api-key-env", "KEY", "--price", "10,100"]).await.answered();
    assert_eq!(answer["answer"], "ok");
    assert_eq!((model.keys(), sub.keys()), (vec![Some(KEY.to_owned())], vec![None]));
    assert!(answer["cost_usd"].is_null(), "nor does the model's price hold there: {answer}");

    let (model, sub) = servers().await;
    let own = ["--api-key-env", "KEY", "--sub-api-key-env", "SUB_KEY", "--price", "10,100", "--sub-price", "1,1"];
    let answer = ask(&home, &model, &sub, &own).await.answered();
    assert_eq!((model.keys(), sub.keys()), (vec![Some(KEY.to_owned())], vec![Some(SUB_KEY.to_owned())]));
    assert_eq!(answer["cost_usd"], 0.02 + 0.000_11, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_runs_new_key_never_goes_to_the_sub_models_server() {
    let (model, sub) = servers().await;
    let home = home();
    let refused = ask(&home, &model, &sub, &["--api-key-env", "WRONG", "--sub-api-key-env", "SUB_KEY"]).await;
    let refused = refused.ended(1, "failed");
    assert_eq!(refused["error"]["code"], "refused_key");
    let id = refused["run_id"].as_str().unwrap();
    let answer = run(&home, &["resume", id, "--api-key-env", "KEY", "--json"]).await.answered();
    assert_eq!(answer["answer"], "ok");
    assert_eq!(model.keys().last(), Some(&Some(KEY.to_owned())));
    assert_eq!(sub.keys(), vec![Some(SUB_KEY.to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_no_named_model_takes_is_refused_and_not_sent() {
    let (_, sub) = servers().await;
    let home = home();
    let documents = home.documents();
    let asked = ["ask", "What?", documents.to_str().unwrap(), "--json", "--sub-model", "openai:s"];
    let at = ["--sub-base-url", sub.base_url(), "--api-key-env", "KEY"];
    for model in [&[][..], &["--model", "local:qwen2.5-coder-1.5b"]] {
        let outcome = run(&home, &[&asked[..], &at, model].concat()).await;
        assert!(outcome.exit == Some(1) && outcome.told().contains("--sub-api-key-env"), "{outcome:#?}");
    }
    assert_eq!(sub.stats().requests, 0);
}
