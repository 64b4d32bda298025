use super::*;
use crate::facts::catalogue::tests::model_of;
use parking_lot::Mutex;
use plumb_rlm::fault::{Code, Fault};
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// Serves `content`, honouring ranges if `ranges`; each connection ends after `cut` bytes. Keeps the ranges asked for.
async fn serve(content: &'static [u8], ranges: bool, cut: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/m.gguf", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let n = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..n]).to_lowercase();
            let range = request.lines().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-').map(str::to_owned));
            kept.lock().push(range.clone().unwrap_or_default());
            let from = range.filter(|_| ranges).map_or(0, |from| from.parse().unwrap());
            let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
            let rest = &content[from..];
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", rest.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&rest[..cut.min(rest.len())]).await.unwrap();
        }
    });
    (url, asked)
}

async fn get(model: &BuiltIn, dir: &Path, source: Source) -> Result<PathBuf, Fault> {
    fetch(model, dir, Some(source), &|_| {}, &CancellationToken::new()).await
}

const CONTENT: &[u8] = b"some bytes of a model, more than one connection brings";

#[tokio::test]
async fn a_download_that_breaks_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let (url, asked) = serve(CONTENT, true, 30).await;
    let path = get(&model_of(CONTENT), dir.path(), Source::Url(url)).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    assert_eq!(*asked.lock(), ["", "30"]);
    assert!(!catalogue::part_of(&path).exists());
}

#[tokio::test]
async fn a_resumed_download_fetches_only_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("m.gguf.part"), &CONTENT[..10]).unwrap();
    let (url, asked) = serve(CONTENT, true, 1000).await;
    assert!(get(&model_of(CONTENT), dir.path(), Source::Url(url)).await.is_ok());
    assert_eq!(*asked.lock(), ["10"]);
}

#[tokio::test]
async fn a_server_without_ranges_starts_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("m.gguf.part"), b"other by").unwrap();
    let (url, _) = serve(CONTENT, false, 1000).await;
    let path = get(&model_of(CONTENT), dir.path(), Source::Url(url)).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
}

#[tokio::test]
async fn a_wrong_file_is_deleted_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _) = serve(b"WRONG", true, 1000).await;
    let error = get(&model_of(b"right"), dir.path(), Source::Url(url)).await.unwrap_err();
    assert_eq!(error.code, Code::WrongFile);
    assert!(!dir.path().join("m.gguf").exists() && !dir.path().join("m.gguf.part").exists());
    let (url, _) = serve(b"much longer than it should be", true, 1000).await;
    assert_eq!(get(&model_of(b"right"), dir.path(), Source::Url(url)).await.unwrap_err().code, Code::WrongFile);
}

#[tokio::test]
async fn a_local_file_is_checked_and_stays_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("mine.gguf");
    fs::write(&from, CONTENT).unwrap();
    let to = dir.path().join("models");
    let path = get(&model_of(CONTENT), &to, Source::File(from.clone())).await.unwrap();
    assert_eq!((fs::read(path).unwrap().as_slice(), from.exists()), (CONTENT, true));
    fs::write(&from, b"changed").unwrap();
    let error = get(&model_of(b"right"), &dir.path().join("others"), Source::File(from)).await.unwrap_err();
    assert_eq!(error.code, Code::WrongFile);
}

#[tokio::test]
async fn stopping_keeps_the_bytes_so_far() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _) = serve(CONTENT, true, 20).await;
    let cancel = CancellationToken::new();
    let stop = |_| cancel.cancel();
    let error = fetch(&model_of(CONTENT), dir.path(), Some(Source::Url(url)), &stop, &cancel).await.unwrap_err();
    assert_eq!(error.code, Code::Stopped);
    assert_eq!(fs::read(dir.path().join("m.gguf.part")).unwrap(), &CONTENT[..20]);
}

#[tokio::test]
async fn two_fetches_of_one_model_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let held = File::options().create(true).append(true).open(dir.path().join("m.gguf.part")).unwrap();
    held.lock().unwrap();
    let (url, _) = serve(CONTENT, true, 1000).await;
    assert_eq!(get(&model_of(CONTENT), dir.path(), Source::Url(url)).await.unwrap_err().code, Code::Busy);
}

#[tokio::test]
async fn a_full_disk_is_reported_before_the_download() {
    let dir = tempfile::tempdir().unwrap();
    let model = BuiltIn { bytes: u64::MAX / 2, ..model_of(CONTENT) };
    let error = get(&model, dir.path(), Source::Url("http://127.0.0.1:9/m".into())).await.unwrap_err();
    assert_eq!(error.code, Code::NoSpace);
}
