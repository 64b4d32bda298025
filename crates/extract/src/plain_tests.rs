use crate::{Failure, FailureState, decode_text};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, IBM866, ISO_2022_JP, ISO_8859_2, ISO_8859_5, ISO_8859_7, ISO_8859_8, ISO_8859_15,
    KOI8_R, KOI8_U, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256,
    WINDOWS_1257, WINDOWS_1258,
};

const TEXT: &str = "Die Brücke über den Fluß 橋 🌉\nSecond line in plain letters\n";

fn text(bytes: impl AsRef<[u8]>) -> String {
    decode_text(bytes.as_ref()).unwrap()
}

fn in_encoding(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let (bytes, _, lost) = encoding.encode(text);
    assert!(!lost);
    bytes.into_owned()
}

#[test]
fn every_unicode_encoding_with_a_mark_gives_the_same_text() {
    let marked = format!("\u{feff}{TEXT}");
    let utf16 = |bytes: fn(u16) -> [u8; 2]| marked.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let utf32 = |bytes: fn(u32) -> [u8; 4]| marked.chars().flat_map(|c| bytes(c as u32)).collect::<Vec<u8>>();
    assert_eq!(text(TEXT), TEXT);
    assert_eq!(text(&marked), TEXT);
    assert_eq!(text(utf16(u16::to_le_bytes)), TEXT);
    assert_eq!(text(utf16(u16::to_be_bytes)), TEXT);
    assert_eq!(text(utf32(u32::to_le_bytes)), TEXT);
    assert_eq!(text(utf32(u32::to_be_bytes)), TEXT);
}

#[test]
fn utf_16_without_a_mark_is_recognised_by_its_zeros() {
    let latin = "Level of the upper reservoir; Pegel: größer als üblich\r\n";
    let plain = latin.replace('\r', "");
    assert_eq!(text(latin.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), plain);
    assert_eq!(text(latin.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()), plain);
}

/// A text of about 300 letters for each group of encodings, in a language that uses them.
const SAMPLES: &[(&[&Encoding], &str)] = &[
    (
        &[WINDOWS_1252],
        "Une façade et un café, à côté de l’église – « très bien ». Le niveau du réservoir supérieur est mesuré deux fois par jour, à huit heures du matin et à quatre heures du soir. Les relevés sont reportés sur le grand cahier, qui est gardé à la mairie. Où est-il né ? Ça dépend de l’année, répondit-elle.",
    ),
    (
        &[ISO_8859_15],
        "Le nœud du problème est le coût : il faut 120 € par mètre, et l'œuvre entière en fait trois mille. Le chœur de l'église est fermé. Les sœurs de la maison voisine ont écrit à la mairie au sujet du réservoir supérieur, dont le niveau a été mesuré deux fois par jour pendant tout l'été dernier.",
    ),
    (
        &[WINDOWS_1250, ISO_8859_2],
        "Poziom wody w górnym zbiorniku jest mierzony dwa razy dziennie: o ósmej rano i o czwartej po południu. Wyniki są zapisywane w dużym zeszycie, który leży w urzędzie gminy. Jeżeli poziom spadnie poniżej trzech metrów, należy natychmiast zadzwonić do kierownika, który zdecyduje, czy zamknąć śluzę.",
    ),
    (
        &[WINDOWS_1250, ISO_8859_2],
        "Hladina vody v horní nádrži se měří dvakrát denně: v osm hodin ráno a ve čtyři hodiny odpoledne. Výsledky se zapisují do velkého sešitu, který leží na obecním úřadě. Jestliže hladina klesne pod tři metry, je třeba ihned zavolat vedoucímu, který rozhodne, zda se má stavidlo zavřít, nebo ještě ne.",
    ),
    (
        &[WINDOWS_1251, ISO_8859_5, KOI8_R, IBM866],
        "Уровень воды в верхнем водохранилище измеряется два раза в день: в восемь часов утра и в четыре часа дня. Результаты записываются в большую тетрадь, которая лежит в сельском совете. Если уровень опустится ниже трёх метров, нужно немедленно позвонить начальнику, и он решит, закрывать ли шлюз.",
    ),
    (
        &[WINDOWS_1251, KOI8_U],
        "Рівень води у верхньому водосховищі вимірюють двічі на день: о восьмій годині ранку та о четвертій годині дня. Результати записують у великий зошит, який лежить у сільській раді. Якщо рівень опуститься нижче трьох метрів, потрібно негайно зателефонувати керівникові, і він вирішить, чи їхати до шлюзу.",
    ),
    (
        &[WINDOWS_1253, ISO_8859_7],
        "Η στάθμη του νερού στην επάνω δεξαμενή μετριέται δύο φορές την ημέρα: στις οκτώ το πρωί και στις τέσσερις το απόγευμα. Τα αποτελέσματα γράφονται στο μεγάλο τετράδιο που φυλάσσεται στο δημαρχείο. Αν η στάθμη πέσει κάτω από τρία μέτρα, πρέπει να ειδοποιηθεί αμέσως ο υπεύθυνος του έργου.",
    ),
    (
        &[WINDOWS_1254],
        "Üst haznedeki su seviyesi günde iki kez ölçülür: sabah saat sekizde ve öğleden sonra saat dörtte. Sonuçlar belediyede duran büyük deftere yazılır. Seviye üç metrenin altına düşerse hemen şefe haber verilmelidir; kapağın kapatılıp kapatılmayacağına o karar verir. Bu iş için iki kişi görevlendirilmiştir.",
    ),
    (
        &[WINDOWS_1255, ISO_8859_8],
        "מפלס המים במאגר העליון נמדד פעמיים ביום: בשמונה בבוקר ובארבע אחר הצהריים. התוצאות נרשמות במחברת הגדולה שנמצאת במשרד המועצה. אם המפלס יורד אל מתחת לשלושה מטרים, יש להודיע מיד למנהל, והוא מחליט אם לסגור את הסכר. בשנה שעברה זה קרה פעמיים, בחודש מרץ ובחודש אוגוסט.",
    ),
    (
        &[WINDOWS_1256],
        "يقاس منسوب الماء في الخزان العلوي مرتين في اليوم: في الساعة الثامنة صباحا وفي الساعة الرابعة بعد الظهر. وتكتب النتائج في الدفتر الكبير الموجود في مبنى البلدية. إذا انخفض المنسوب إلى أقل من ثلاثة أمتار فيجب الاتصال بالمدير فورا، وهو الذي يقرر إغلاق البوابة أو تركها مفتوحة.",
    ),
    (
        &[WINDOWS_1257],
        "Vandens lygis viršutiniame rezervuare matuojamas du kartus per dieną: aštuntą valandą ryto ir ketvirtą valandą po pietų. Rezultatai užrašomi į didelį sąsiuvinį, kuris laikomas savivaldybėje. Jeigu lygis nukrinta žemiau trijų metrų, reikia nedelsiant paskambinti vadovui, kuris nuspręs, ar uždaryti šliuzą.",
    ),
    (
        &[SHIFT_JIS, EUC_JP, ISO_2022_JP],
        "上の貯水池の水位は一日に二回、午前八時と午後四時に測られます。結果は役場に置いてある大きな帳面に書き込まれます。水位が三メートルより下がったときは、すぐに責任者に電話をかけなければなりません。水門を閉めるかどうかは、責任者が決めます。去年は三月と八月に一度ずつ、そのようなことがありました。",
    ),
    (
        &[GB18030],
        "上游水库的水位每天测量两次，上午八点一次，下午四点一次。结果记在村委会的大本子里。如果水位降到三米以下，就要马上给负责人打电话，由他决定是否关闭水闸。去年三月和八月各发生过一次这样的情况。这是一个用中文写的段落，用来检查编码能不能被正确地识别出来。",
    ),
    (
        &[BIG5],
        "上游水庫的水位每天測量兩次，上午八點一次，下午四點一次。結果記在村辦公室的大本子裡。如果水位降到三公尺以下，就要馬上打電話給負責人，由他決定是否關閉水閘。去年三月和八月各發生過一次這樣的情況。這是一個用中文寫的段落，用來檢查編碼能不能被正確地辨認出來。",
    ),
    (
        &[EUC_KR],
        "위쪽 저수지의 수위는 하루에 두 번, 오전 여덟 시와 오후 네 시에 측정합니다. 결과는 마을 회관에 있는 큰 공책에 적습니다. 수위가 삼 미터 아래로 내려가면 바로 책임자에게 전화해야 하며, 수문을 닫을지는 책임자가 결정합니다. 작년에는 삼월과 팔월에 한 번씩 그런 일이 있었습니다.",
    ),
];

#[test]
fn legacy_encodings_are_recognised_in_short_and_long_texts() {
    let mut wrong = Vec::new();
    for (encodings, sample) in SAMPLES {
        for encoding in *encodings {
            // Writers left out the characters that their encoding lacks.
            let sample: String = sample.chars().filter(|c| !encoding.encode(&c.to_string()).2).collect();
            let bytes = in_encoding(encoding, &sample);
            let long = [bytes.as_slice(), b"\r\n"].concat().repeat(300);
            for (bytes, expected) in [(bytes, sample.clone()), (long, format!("{sample}\n").repeat(300))] {
                if text(&bytes) != expected {
                    wrong.push(format!("{} ({} bytes): {:.60}", encoding.name(), bytes.len(), text(&bytes)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn vietnamese_is_recognised_by_its_tone_marks() {
    // Windows-1258 encodes the tones as separate marks.
    let sample = "Mư\u{323}c nươ\u{301}c trong hồ chư\u{301}a phía trên đươ\u{323}c đo hai lần mỗi ngày: lúc tám giơ\u{300} sáng và lúc bốn giơ\u{300} chiều. Kết qua\u{309} đươ\u{323}c ghi vào cuốn sô\u{309} lơ\u{301}n ơ\u{309} văn phòng xã.";
    let kept: String = sample.chars().filter(|c| !WINDOWS_1258.encode(&c.to_string()).2).collect();
    assert_eq!(text(in_encoding(WINDOWS_1258, &kept)), kept);
}

#[test]
fn utf_16_and_utf_32_are_recognised_without_a_mark() {
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let wider = |text: &str, bytes: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| bytes(c as u32)).collect::<Vec<u8>>();
    for (_, sample) in SAMPLES {
        let sample = format!("{sample}\n");
        assert_eq!(text(wide(&sample, u16::to_le_bytes)), sample);
        assert_eq!(text(wide(&sample, u16::to_be_bytes)), sample);
        assert_eq!(text(wider(&sample, u32::to_le_bytes)), sample);
        assert_eq!(text(wider(&sample, u32::to_be_bytes)), sample);
    }
}

#[test]
fn a_declared_encoding_wins_over_a_guess_when_it_fits() {
    for (encoding, sample) in [
        (WINDOWS_1251, "<html><head><meta http-equiv=Content-Type content='text/html; charset=windows-1251'></head>вода"),
        (ISO_8859_2, "<?xml version='1.0' encoding='iso-8859-2'?><a>łąka</a>"),
        (KOI8_R, "#!/usr/bin/python\n# -*- coding: koi8-r -*-\nprint('вода')"),
        (ISO_8859_15, "<meta charset=\"iso-8859-15\"><p>œ €"),
    ] {
        assert_eq!(text(in_encoding(encoding, sample)), sample);
    }
    let wrong = "<meta charset=shift_jis><p>größer als üblich, größer als üblich</p>";
    assert_eq!(text(in_encoding(WINDOWS_1252, wrong)), wrong);
    let utf8 = "<meta charset=iso-8859-1><p>größer als üblich</p>";
    assert_eq!(text(utf8), utf8);
}

#[test]
fn the_part_outside_ascii_decides_for_a_large_file() {
    let ascii = "plain words and numbers 1234567890\n".repeat(60_000);
    let russian = "Уровень воды в верхнем водохранилище измеряется два раза в день.\n".repeat(20);
    let both = format!("{ascii}{russian}");
    assert!(text(in_encoding(WINDOWS_1251, &both)).ends_with(&russian));
    let mut log = both.clone().into_bytes();
    log.extend(b"\xff\xfe");
    assert!(text(log).ends_with(&format!("{russian}\u{fffd}\u{fffd}")));
}

#[test]
fn broken_texts_do_no_harm() {
    let mut seed = 1u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as usize
    };
    for (encodings, sample) in SAMPLES {
        let mut forms = vec![sample.as_bytes().to_vec(), sample.encode_utf16().flat_map(u16::to_le_bytes).collect()];
        forms.extend(encodings.iter().map(|encoding| encoding.encode(sample).0.into_owned()));
        for form in forms {
            for _ in 0..50 {
                let mut bytes = form.clone();
                let length = bytes.len();
                bytes[random() % length] = random() as u8;
                bytes.truncate(random() % length);
                let _ = decode_text(&bytes);
            }
        }
    }
}

#[test]
fn a_few_broken_bytes_leave_utf_8_recognised() {
    let mut bytes = "Pegel: größer als üblich. ".repeat(20).into_bytes();
    bytes.extend(b"\xff\xfe broken");
    let read = text(bytes);
    assert!(read.starts_with("Pegel: größer als üblich.") && read.ends_with("\u{fffd}\u{fffd} broken"));
}

#[test]
fn line_ends_are_unified_and_empty_files_stay_empty() {
    assert_eq!(text("a\r\nb\rc\nd"), "a\nb\nc\nd");
    assert_eq!(text(""), "");
}

#[test]
fn colours_and_page_feeds_in_a_log_do_not_make_it_binary() {
    let log = "\u{1b}[31mERROR\u{1b}[0m pump 3\n\u{c}page 2\n";
    assert_eq!(text(log), log);
}

#[test]
fn binary_files_are_skipped_with_a_reason_that_names_them() {
    let reason = |bytes: &[u8]| decode_text(bytes).unwrap_err();
    let skipped = |reason: &str| Failure { state: FailureState::Skipped, reason: reason.to_owned() };
    assert_eq!(reason(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01"), skipped("an image"));
    assert_eq!(reason(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), skipped("a program"));
    assert_eq!(reason(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd"), skipped("an archive in an unsupported format"));
    assert_eq!(reason(b"\x01\x02\x03\x04 and some words"), skipped("a binary file"));
    assert_eq!(reason(b"some words\0and a zero"), skipped("a binary file"));
}
