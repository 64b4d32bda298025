//! Text in pictures.

use super::*;

#[tokio::test]
async fn texts_with_and_without_pictures_are_kept_apart() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/formats/partly-scanned.pdf");
    let archive = zip(&[("partly-scanned.pdf", &std::fs::read(&file).unwrap())]);
    let folder = Folder::new(&[("in.zip", &archive)]);
    std::fs::copy(file, folder.path().join("partly-scanned.pdf")).unwrap();
    let shared = extraction();
    let read = async |pictures: bool, path: &str| {
        let extraction = Extraction { pictures, ..shared.clone() };
        let corpus = OpenCorpus::open(&[folder.path()], Include::default(), &extraction).unwrap();
        let text = corpus.frozen(path).await.unwrap();
        let place = |words: &str| {
            let at = text.as_str().lines().position(|line| line.contains(words))?;
            text.place(at as u64 + 1)
        };
        let places = ["The station lifts", "Ledger, sheet 9", "Order the bearing"].map(place);
        (places.map(|place| place.unwrap_or_default()), text.notes())
    };
    // In turn, so that each finds the texts that the other one kept.
    for pictures in [false, true, false, true] {
        for path in ["partly-scanned.pdf", "in.zip/partly-scanned.pdf"] {
            let (places, notes) = read(pictures, path).await;
            let scanned = if pictures { "page 2" } else { "" };
            assert_eq!(places, ["page 1", scanned, "page 3"], "{path}");
            let note = match pictures {
                false => "1 of 3 pages is only a picture, whose text was not read: page 2",
                true => "1 of 3 pages was read from a picture, so letters may be wrong: page 2",
            };
            assert!(notes.len() == 1 && notes[0].starts_with(note), "{path}: {notes:?}");
        }
    }
}

#[tokio::test]
async fn scans_are_read_page_by_page_where_wanted() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/formats/scan.pdf");
    assert_eq!(open(std::slice::from_ref(&file)).text("scan.pdf").await.err().unwrap().code, Code::NoText);
    let corpus = OpenCorpus::open(&[file], Include::default(), &Extraction { pictures: true, ..extraction() }).unwrap();
    let text = corpus.text("scan.pdf").await.unwrap();
    assert!(text.as_str().contains("Ledger, sheet 9") && text.place(1).as_deref() == Some("page 1"), "{}", text.as_str());
    assert!(text.notes()[0].starts_with("1 of 2 pages was read from a picture"), "{:?}", text.notes());
}
