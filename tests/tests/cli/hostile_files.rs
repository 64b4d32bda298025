//! Hostile folders: `plumb files` names the reason for each bad file and reads all others.

use crate::plumb::{Home, program_named};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

const BOMB: &str = "it unpacks to far more than its size: probably a zip bomb";

/// Documents of the folder by path, as `plumb files --json` prints them.
async fn files(home: &Home) -> BTreeMap<String, Value> {
    let outcome = home.run(&["files", "--json", home.documents().to_str().unwrap()]).await;
    assert_eq!(outcome.exit, Some(0), "{outcome:#?}");
    by_path(&outcome.stdout)
}

fn by_path(lines: &str) -> BTreeMap<String, Value> {
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|document| (document["path"].as_str().unwrap().to_owned(), document)).collect()
}

fn state<'a>(files: &'a BTreeMap<String, Value>, path: &str) -> &'a str {
    files.get(path).unwrap_or_else(|| panic!("{path} is not listed: {:?}", files.keys())).get("state").unwrap().as_str().unwrap()
}

fn reason<'a>(files: &'a BTreeMap<String, Value>, path: &str) -> &'a str {
    files[path]["reason"].as_str().unwrap_or_default()
}

fn python(code: &str, folder: &Path) {
    let status = Command::new("/usr/bin/python3").args(["-c", code]).current_dir(folder).status().unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_be_opened_is_named_and_the_rest_is_read() {
    let home = Home::with("closed.txt", "secret");
    home.write("closed/inner.txt", "secret");
    home.write("open.txt", "open");
    // Root may open everything, so the command runs as another user.
    for (path, mode) in [("closed.txt", 0o000), ("closed", 0o000), ("", 0o755)] {
        std::fs::set_permissions(home.documents().join(path), PermissionsExt::from_mode(mode)).unwrap();
    }
    std::fs::create_dir_all(home.plumb_home()).unwrap();
    for folder in [home.plumb_home(), home.documents().parent().unwrap().to_owned()] {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o777)).unwrap();
    }
    // That user may not read the programs' folder.
    let program = home.documents().with_file_name("plumb-of-all");
    std::fs::copy(program_named("plumb"), &program).unwrap();
    let mut command = Command::new(program);
    command.args(["files", "--json"]).arg(home.documents()).uid(65534).gid(65534);
    let output = command.env("PLUMB_HOME", home.plumb_home()).stdin(Stdio::null()).output().unwrap();
    let files = by_path(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((state(&files, "closed.txt"), state(&files, "open.txt")), ("failed", "text"), "{files:?}");
    assert!(reason(&files, "closed.txt").contains("may not open it"), "{files:?}");
    assert!(reason(&files, "closed").contains("may not open it"), "{files:?}");
    std::fs::set_permissions(home.documents().join("closed"), PermissionsExt::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_names_and_the_deepest_folders_are_read() {
    let home = Home::new();
    let long = format!("{}.txt", "n".repeat(251));
    home.write(&long, "long");
    let deep = format!("{}end.txt", "d/".repeat(200));
    home.write(&deep, "deep");
    let files = files(&home).await;
    assert_eq!((state(&files, &long), state(&files, &deep)), ("text", "text"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_files_in_one_folder_are_listed() {
    let home = Home::new();
    for number in 0..100_000 {
        std::fs::write(home.documents().join(format!("{number}.txt")), "x").unwrap();
    }
    let outcome = home.run(&["files", "--listed", home.documents().to_str().unwrap()]).await;
    assert!(outcome.stdout.starts_with("documents: 100000 documents"), "{:.300}", outcome.stdout);
    assert_eq!(outcome.stdout.lines().filter(|line| line.ends_with(".txt")).count(), 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lines_broken_utf8_and_nul_bytes_are_told_apart() {
    let home = Home::new();
    home.write("line.log", "word ".repeat(40 << 20));
    home.write("broken.log", [b"caf\xc3\xa9 ".repeat(50).as_slice(), b"\xff\xfe\x80 end"].concat());
    home.write("zeros.txt", [b"text".as_slice(), &[0; 4000]].concat());
    home.write("one-zero.txt", [b"a long text ".repeat(100).as_slice(), b"\0", &b"and more of it".repeat(100)].concat());
    let files = files(&home).await;
    assert_eq!((state(&files, "line.log"), state(&files, "broken.log")), ("text", "text"));
    assert_eq!((state(&files, "zeros.txt"), reason(&files, "zeros.txt")), ("skipped", "a binary file"));
    assert_eq!((state(&files, "one-zero.txt"), reason(&files, "one-zero.txt")), ("skipped", "a binary file"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_fail_with_a_reason_and_the_rest_is_read() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.");
    let bombs = r#"
import zipfile, zlib, gzip
zeros = b"\0" * (1 << 20)
with zipfile.ZipFile("ratio.zip", "w", zipfile.ZIP_DEFLATED) as z:
    with z.open("zeros.txt", "w", force_zip64=True) as f:
        for _ in range(3000): f.write(zeros)
with zipfile.ZipFile("word.docx", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("[Content_Types].xml", "<Types/>")
    with z.open("word/document.xml", "w", force_zip64=True) as f:
        f.write(b"<w:document>")
        for _ in range(2000): f.write(b" " * (1 << 20))
inner = open("ratio.zip", "rb").read()
for depth in range(8):
    with zipfile.ZipFile("nested.zip", "w") as z: z.writestr("inner.zip", inner)
    inner = open("nested.zip", "rb").read()
with gzip.open("log.txt.gz", "wb", 9) as f:
    for _ in range(3000): f.write(zeros)
packed = zlib.compress(b"BT (x) Tj ET " * (100 << 20), 9)
objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
    b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)]
out, starts = b"%PDF-1.4\n", []
for number, body in enumerate(objects, 1):
    starts.append(len(out)); out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
table = len(out)
out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % s for s in starts)
open("page.pdf", "wb").write(out + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table)
"#;
    python(bombs, &home.documents());
    let files = files(&home).await;
    assert_eq!(state(&files, "note.txt"), "text");
    for (path, stopped, why) in [
        ("ratio.zip/zeros.txt", "failed", BOMB),
        ("word.docx", "failed", BOMB),
        ("log.txt.gz/log.txt", "failed", BOMB),
        ("page.pdf", "failed", "the reader crashed on it; it may be damaged"),
    ] {
        assert_eq!((state(&files, path), reason(&files, path)), (stopped, why), "{path}");
    }
    // Archives in archives are listed to a fixed depth.
    let nested = files.keys().filter(|path| path.starts_with("nested.zip/"));
    assert_eq!(nested.map(|path| path.matches("inner.zip").count()).max(), Some(4), "{:?}", files.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drive_that_does_not_answer_is_named_and_the_rest_is_read() {
    // Such a drive cannot be made on a computer whose kernel has no file systems in user space.
    if !Path::new("/dev/fuse").exists() {
        eprintln!("skipped: this computer has no file systems in user space");
        return;
    }
    let home = Home::with("note.txt", "The meeting is on Tuesday.");
    let drive = home.documents().join("drive");
    std::fs::create_dir(&drive).unwrap();
    let with_drive = |asked: &Path| {
        let mut command = Command::new(program_named("stalled-mount"));
        command.arg(&drive).arg("--").arg(program_named("plumb")).args(["files", "--json"]).arg(asked);
        command.env("PLUMB_HOME", home.plumb_home()).stdin(Stdio::null()).output().unwrap()
    };
    let output = with_drive(&home.documents());
    let files = by_path(&String::from_utf8_lossy(&output.stdout));
    assert_eq!((state(&files, "note.txt"), state(&files, "drive")), ("text", "skipped"), "{output:?}");
    assert_eq!(reason(&files, "drive"), "its drive does not answer; is it connected?");
    let output = with_drive(&drive);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && told.contains("does not answer"), "{output:?}");
}
