//! The local model on a graphics card. Mesa's software driver (Debian: mesa-vulkan-drivers) stands for a card; llama.cpp, Vulkan and the seal are
//! the same. Plumb uses it only when it is named; otherwise this computer has no card. Debian 12's version corrupts its own memory in one run of
//! six. The answer then comes from the processor, which these tests cover too.

use crate::{
    offline::{asking, home, tiny},
    plumb::{Home, Outcome, finish, program_named},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;
use tokio::process::Command;

fn programs() -> PathBuf {
    program_named("plumb").parent().unwrap().to_owned()
}

/// Runs the `plumb` of a folder with the arguments of `like`, and logs the libraries it loads.
async fn run(programs: &Path, home: &Home, like: Command, environment: &[(&str, &str)]) -> Outcome {
    let mut command = Command::new(programs.join("plumb"));
    command.args(like.as_std().get_args()).env("PLUMB_HOME", home.plumb_home()).env("NO_COLOR", "1");
    command.env("PLUMB_LOG", "plumb_models=info").envs(environment.iter().copied()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(command.spawn().unwrap()).await
}

async fn ask(programs: &Path, home: &Home, environment: &[(&str, &str)]) -> Outcome {
    run(programs, home, asking(home, &[], &tiny()), environment).await
}

async fn doctor(programs: &Path, home: &Home, environment: &[(&str, &str)]) -> String {
    run(programs, home, home.command(&["doctor"]), environment).await.stdout
}

const CARD: [(&str, &str); 1] = [("GGML_VK_VISIBLE_DEVICES", "0")];

#[tokio::test(flavor = "multi_thread")]
async fn a_graphics_card_does_the_work_inside_the_seal() {
    let home = home();
    let on_the_card = ask(&programs(), &home, &CARD).await;
    let answer = on_the_card.answered();
    assert!(on_the_card.stderr.contains("Used") && on_the_card.stderr.contains("llvmpipe"), "{}", on_the_card.stderr);
    assert!(on_the_card.stderr.contains("Landlock"), "{}", on_the_card.stderr);
    assert_eq!(answer["sent"]["sent"], serde_json::json!([]));
    let examined = doctor(&programs(), &home, &CARD).await;
    assert!(examined.contains("llvmpipe"), "{}", examined);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_graphics_cards_off_the_processor_does_the_work() {
    let home = home();
    let environment = [CARD[0], ("PLUMB_GRAPHICS", "off")];
    let answered = ask(&programs(), &home, &environment).await;
    answered.answered();
    assert!(!answered.stderr.contains("llvmpipe"), "{}", answered.stderr);
    let examined = doctor(&programs(), &home, &environment).await;
    assert!(examined.contains("run on the processor"), "{}", examined);
}

/// Links the programs and their libraries into a folder where one of them can be replaced.
fn linked() -> TempDir {
    let folder = tempfile::tempdir_in(programs()).unwrap();
    for file in fs::read_dir(programs()).unwrap().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let wanted = ["plumb", "plumb-llama", "plumb-python", "plumb-extract"].contains(&name.as_str());
        if wanted || name.starts_with("lib") && name.contains(".so") {
            fs::hard_link(file.path(), folder.path().join(&name)).unwrap();
        }
    }
    folder
}

/// Programs with a graphics library that aborts its process when loaded, as a broken driver does.
fn with_a_broken_driver() -> TempDir {
    let folder = linked();
    let (source, library) = (folder.path().join("broken.c"), folder.path().join("libplumb-graphics.so"));
    fs::write(&source, "#include <stdlib.h>\n__attribute__((constructor)) static void broken(void) { abort(); }\n").unwrap();
    fs::remove_file(&library).unwrap();
    let compiled = std::process::Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().unwrap();
    assert!(compiled.success());
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_kills_the_model_costs_a_try_not_the_answer() {
    let (home, broken) = (home(), with_a_broken_driver());
    let examined = doctor(broken.path(), &crate::offline::home(), &[]).await;
    assert!(examined.contains("the graphics card is not used for a day"), "{}", examined);
    ask(broken.path(), &home, &[]).await.answered();
    let note = home.plumb_home().join("cache/models/graphics.txt");
    let written = fs::metadata(&note).unwrap().modified().unwrap();
    let examined = doctor(broken.path(), &home, &[]).await;
    assert!(
        examined.contains("the graphics card is not used for a day") && examined.contains("ended the model's process"),
        "{}",
        examined
    );

    ask(broken.path(), &home, &[]).await.answered();
    assert_eq!(fs::metadata(&note).unwrap().modified().unwrap(), written, "it was not tried again");
}

/// If a card's process ends in mid-reply (here because its output is cut off), the processor restarts that reply.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_fails_in_mid_reply_costs_time_and_not_the_answer() {
    let (home, programs) = (home(), linked());
    let llama = programs.path().join("plumb-llama");
    fs::remove_file(&llama).unwrap();
    // The first process describes the file, and the second one loads it.
    let script = "#!/bin/sh\ntimes=$(dirname \"$0\")/times\necho >>\"$times\"\n\
                  if [ $(wc -l <\"$times\") = 2 ]; then REAL | dd bs=1 count=3000 2>/dev/null; else exec REAL; fi\n";
    fs::write(&llama, script.replace("REAL", program_named("plumb-llama").to_str().unwrap())).unwrap();
    fs::set_permissions(&llama, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();

    let asked = ask(programs.path(), &home, &CARD).await;
    assert!(!asked.answered()["answer"].as_str().unwrap().is_empty(), "{asked:#?}");
    assert!(asked.stderr.contains("Used") && asked.stderr.contains("ended while it worked there"), "{}", asked.stderr);
    assert_eq!(fs::read_to_string(programs.path().join("times")).unwrap().lines().count(), 3, "it was loaded twice");
}
