use crate::plumb::{Home, root};
use plumb_tests::scripted::Reply;
use std::time::Duration;

/// Asks about a path that Plumb must refuse with this code and these words before it calls a model.
async fn refused(home: &Home, path: &str, code: &str, words: &str) {
    let server = root([Reply::code(r#"FINAL("should not be asked")"#)]).await;
    let outcome =
        home.run(&["ask", "What?", path, "--model", "server:scripted", "--base-url", server.base_url(), "--json"]).await;
    let answer = outcome.ended(1, "failed");
    assert_eq!(answer["error"]["code"], code, "{outcome:#?}");
    assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{outcome:#?}");
    assert_eq!(server.stats().requests, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_does_not_exist_is_named() {
    let home = Home::new();
    refused(&home, home.documents().join("nowhere").to_str().unwrap(), "no_such_folder", "nowhere").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_refused_as_empty() {
    let home = Home::new();
    refused(&home, home.documents().to_str().unwrap(), "empty_folder", "“documents” is empty").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_readable_text_is_refused_as_such() {
    let home = Home::new();
    home.write("picture.png", [&b"\x89PNG\r\n\x1a\n"[..], &[0; 500]].concat());
    home.write("program", [&b"\x7fELF"[..], &[0; 500]].concat());
    refused(&home, home.documents().to_str().unwrap(), "no_readable_text", "left out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_loop_do_not_keep_a_folder_from_being_read() {
    let home = Home::with("inner/note.txt", "The meeting is on Tuesday.\n");
    std::os::unix::fs::symlink("..", home.documents().join("inner/up")).unwrap();
    std::os::unix::fs::symlink("self", home.documents().join("self")).unwrap();
    let server = root([Reply::code("FINAL(str(files()))")]).await;
    let answer = home.ask(&server, &[]).await.answered();
    assert!(answer["answer"].as_str().unwrap().contains("inner/note.txt"), "{answer}");
    assert_eq!(answer["answer"].as_str().unwrap().matches("note.txt").count(), 1, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_nothing_but_looping_links_holds_no_text() {
    let home = Home::new();
    std::os::unix::fs::symlink(".", home.documents().join("here")).unwrap();
    std::os::unix::fs::symlink("self", home.documents().join("self")).unwrap();
    refused(&home, home.documents().to_str().unwrap(), "no_readable_text", "left out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_vanishes_in_mid_run_fails_only_the_cell() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    home.write("other.txt", "Nothing here.\n");
    // Documents that were read before the folder vanished stay readable.
    let read = Reply::code(r#"print(context["other.txt"])"#).after_ms(700);
    let server = root([read, Reply::code(r#"FINAL("it is gone")"#)]).await;
    let asked = home.asking(&server, &[]).spawn().unwrap();
    crate::plumb::until(&server, |stats| stats.requests == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    std::fs::remove_dir_all(home.documents()).unwrap();
    let answer = crate::plumb::finish(asked).await.answered();
    assert_eq!(answer["answer"], "it is gone");
    let told = crate::plumb::last_message(&server, 1);
    assert!(told.contains("other.txt") && !told.contains("Nothing here."), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn misspelt_commands_end_with_two_and_say_so() {
    let home = Home::with("note.txt", "x\n");
    let folder = home.documents();
    let folder = folder.to_str().unwrap();
    for arguments in [
        &["ask"][..],
        &["ask", "What?", folder, "--no-such-option"],
        &["ask", "What?", folder, "--price", "cheap"],
        &["ask", "What?", folder, "--price", "-1,2"],
        &["ask", "What?", folder, "--max-cost", "nan"],
        &["ask", "What?", folder, "--mode", "clever"],
        &["ask", "What?", folder, "--concurrency", "0"],
        &["resume"],
        &["fly"],
    ] {
        let outcome = home.run(arguments).await;
        assert_eq!(outcome.exit, Some(2), "{arguments:?}: {outcome:#?}");
        assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains("--help"), "{arguments:?}: {outcome:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_do_not_exist_are_refused_by_name() {
    let home = Home::new();
    assert!(home.runs().await.is_empty());
    for command in ["show", "resume"] {
        let outcome = home.run(&[command, "0190", "--json"]).await;
        let error = &outcome.ended(1, "failed")["error"];
        assert_eq!(error["code"], "no_such_run", "{outcome:#?}");
        assert!(error["message"].as_str().unwrap().contains("0190"), "{outcome:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_history_is_reported() {
    let home = Home::new();
    assert!(home.runs().await.is_empty());
    let database = find(&home.plumb_home(), "plumb.db").expect("no database was made");
    std::fs::write(&database, "this is a letter, not a database. ".repeat(1000)).unwrap();
    // If the first command ended before SQLite's checkpoint, these files hold the history, and SQLite would read it from them.
    for kept in ["plumb.db-wal", "plumb.db-shm"] {
        let _ = std::fs::remove_file(database.with_file_name(kept));
    }
    let outcome = home.run(&["runs"]).await;
    assert_eq!(outcome.exit, Some(1), "{outcome:#?}");
    assert!(outcome.told().contains("damaged"), "{outcome:#?}");
}

fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder).ok()?.filter_map(Result::ok).find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_reported_and_ends_the_run_in_good_order() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    // Incompressible text that overfills a disk of 560 KB, but is short enough that Plumb does not cut off the reply.
    let mut state = 7_u64;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    })
    .take(500_000)
    .collect();
    let reply = Reply { piece_chars: 100_000, ..Reply::text(noise) };
    let server = root([reply, Reply::code(r#"FINAL("there was room")"#)]).await;

    // A separate disk for Plumb's files that only this command sees.
    std::fs::create_dir(home.plumb_home()).unwrap();
    let script =
        r#"mount -t tmpfs -o size=560k none "$PLUMB_HOME" || exit 77; "$@"; code=$?; "$1" runs >&2 || exit 78; exit $code"#;
    let asking = home.asking(&server, &[]);
    let mut command = tokio::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    command.arg(asking.as_std().get_program()).args(asking.as_std().get_args()).env("PLUMB_HOME", home.plumb_home());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).kill_on_drop(true);
    let outcome = crate::plumb::finish(command.spawn().unwrap()).await;
    assert_ne!(outcome.exit, Some(77), "no disk of its own could be made: {outcome:#?}");
    let answer = outcome.ended(1, "failed");
    assert_eq!(answer["error"]["code"], "disk_full", "{outcome:#?}");
    outcome.told();
}
