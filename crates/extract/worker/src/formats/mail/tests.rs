#![allow(clippy::unwrap_used)]

use super::{super::archive::broken, *};

const MIXED: &str = "Return-Path: <a@example.org>\r\nReceived: from x by y\r\nFrom: =?utf-8?Q?J=C3=BCrgen_M=C3=BChle?= <jm@example.org>\r\n\
    To: \"Weir, The\" <weir@example.org>, plain@example.org\r\nCc: Team: one@example.org, two@example.org;\r\nSubject: =?ISO-8859-1?Q?Pegel_der_Br=FCcke?=\r\n =?utf-8?B?IHVuZCBtZWhy?=\r\n\
    Date: Wed, 4 Mar 2026 14:05:06 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\npreamble\r\n--b1\r\n\
    Content-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    Gr=F6=DFer als =\r\n=FCblich.\r\n\r\n> War es so?\r\n--b2\r\nContent-Type: text/html\r\n\r\n<p>Page</p>\r\n--b2--\r\n\
    --b1\r\nContent-Type: text/csv; charset=windows-1252; name*=UTF-8''Stra%C3%9Fe%2Fa.csv\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nZ3L232VyOzE=\r\n\
    --b1\r\nContent-Type: image/jpeg\r\nContent-ID: <x>\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/4A==\r\n\
    --b1\r\nContent-Type: message/rfc822\r\n\r\nFrom: inner@example.org\r\nSubject: Inner: one\r\n\r\nInside.\r\n--b1--\r\n";

fn member(bytes: &[u8], index: usize) -> Vec<u8> {
    let mut out = Vec::new();
    open(bytes).unwrap().member(index, &mut out).unwrap();
    out
}

fn body(mail: &str) -> String {
    let text = text(mail.as_bytes()).unwrap().text;
    text.split_once("\n\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

#[test]
fn headers_and_body_read_as_in_a_mail_program() {
    let parsed = text(MIXED.as_bytes()).unwrap();
    let expected = "From: Jürgen Mühle <jm@example.org>\nTo: Weir, The <weir@example.org>, plain@example.org\nCc: one@example.org, two@example.org\n\
        Date: 2026-03-04 14:05 +01:00\nSubject: Pegel der Brücke und mehr\nAttachments: Straße_a.csv, image.jpg, Inner_ one.eml\n\nGrößer als üblich.\n\n> War es so?\n";
    assert_eq!(parsed.text, expected);
    assert_eq!((parsed.kind, parsed.doubts.len()), (Kind::Mail, 0));
}

#[test]
fn attachments_keep_their_original_bytes() {
    let parsed = text(MIXED.as_bytes()).unwrap();
    let paths: Vec<_> = parsed.members.iter().map(|member| member.path.as_str()).collect();
    assert_eq!(paths, ["Straße_a.csv", "image.jpg", "Inner_ one.eml"]);
    assert_eq!(member(MIXED.as_bytes(), 0), b"gr\xf6\xdfer;1");
    assert_eq!(member(MIXED.as_bytes(), 1), b"\xff\xd8\xff\xe0");
    let inner = member(MIXED.as_bytes(), 2);
    assert_eq!(text(&inner).unwrap().text, "From: inner@example.org\nSubject: Inner: one\n\nInside.\n");
}

#[test]
fn a_body_in_any_encoding_is_read() {
    let head = "From: a@example.org\nSubject: x\nContent-Type: text/plain; charset=";
    for (charset, encoding, sample) in [
        ("gb2312", encoding_rs::GB18030, "上游水库的水位每天测量两次。"),
        ("ISO-2022-JP", encoding_rs::ISO_2022_JP, "上の貯水池の水位は一日に二回測られます。"),
        ("koi8-r", encoding_rs::KOI8_R, "Уровень воды в водохранилище."),
        ("ks_c_5601-1987", encoding_rs::EUC_KR, "저수지의 수위는 하루에 두 번 측정합니다."),
        ("us-ascii", encoding_rs::WINDOWS_1252, "Une façade et un café, à côté de l’église."),
    ] {
        let mail = [format!("{head}{charset}\n\n").as_bytes(), &encoding.encode(sample).0].concat();
        let read = text(&mail).unwrap().text;
        assert!(read.ends_with(&format!("\n\n{sample}\n")), "{charset}: {read}");
    }
    let raw = [
        b"From: a@example.org\nSubject: ".as_slice(),
        &encoding_rs::KOI8_R.encode("Уровень воды в верхнем водохранилище").0,
        b"\n\nx\n",
    ]
    .concat();
    assert!(text(&raw).unwrap().text.contains("Subject: Уровень воды в верхнем водохранилище\n"));
}

#[test]
fn html_replaces_a_missing_or_stub_plain_body() {
    let html = "From: a@example.org\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>Größer<br>als</p><p style='display:none'>no</p>";
    assert_eq!(body(html), "Größer\nals\n");
    let page = format!("<p>{}</p>", "The level is high. ".repeat(20));
    let stub = format!(
        "From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the page.\n--b\nContent-Type: text/html\n\n{page}\n--b--\n"
    );
    assert!(body(&stub).starts_with("The level is high."));
}

#[test]
fn encrypted_bodies_are_reported() {
    let pgp = "From: a@example.org\nSubject: s\nMIME-Version: 1.0\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n";
    let smime = "From: a@example.org\nSubject: s\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIAGCSqG\n";
    let inline = "From: a@example.org\nSubject: s\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n";
    for mail in [pgp, smime, inline] {
        let parsed = text(mail.as_bytes()).unwrap();
        assert_eq!((parsed.text.as_str(), parsed.members.len()), ("From: a@example.org\nSubject: s\n", 0));
        assert_eq!(parsed.doubts, ["its body is encrypted"]);
    }
}

#[test]
fn broken_mails_do_not_panic() {
    assert!(text(b"").is_err());
    for bytes in broken::forms(MIXED.as_bytes()) {
        let Ok(parsed) = text(&bytes) else { continue };
        let mut opened = open(&bytes).unwrap();
        for index in 0..parsed.members.len() {
            let _ = opened.member(index, &mut std::io::sink());
        }
    }
}

#[test]
fn deep_and_entangled_mails_finish_in_time() {
    let started = std::time::Instant::now();
    let nested = "Content-Type: message/rfc822\n\n".repeat(15_000);
    let deep = format!("From: a@example.org\n{nested}end");
    // The worker's stack is this large.
    let read = std::thread::Builder::new().stack_size(64 << 20).spawn(move || drop(text(deep.as_bytes())));
    read.unwrap().join().unwrap();
    assert!(text(format!("From: a@example.org\n{nested}{nested}end").as_bytes()).is_err());
    let parts = |with: fn(usize) -> String| (0..20_000).map(with).collect::<String>();
    let inside = parts(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"));
    let _ = text(inside.as_bytes());
    let endless = parts(|n| format!("--x\nContent-Type: multipart/mixed; boundary=\"b{n}\"\n\n"));
    assert!(text(format!("From: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n{endless}").as_bytes()).is_err());
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn encoded_words_in_headers_are_decoded() {
    // "ポンプ" in ISO-2022-JP, "水泵" in GB2312.
    let mail = "From: a@example.org\nSubject: =?ISO-2022-JP?B?GyRCJV0lcyVXGyhC?= =?GB2312?B?y66xww==?=\n\nbody\n";
    let parsed = text(mail.as_bytes()).unwrap();
    assert!(parsed.text.contains("ポンプ") && parsed.text.contains("水泵"), "{}", parsed.text);
}
