//! Numbers in the formats of lists and notes.

/// Formats `value` in Word's number format `format`.
pub fn format_number(value: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(value, 'a'),
        "upperLetter" => letters(value, 'A'),
        "lowerRoman" => roman(value).to_lowercase(),
        "upperRoman" => roman(value),
        "decimalZero" => format!("{value:02}"),
        "ordinal" => ordinal(value),
        "none" | "bullet" => String::new(),
        "decimalEnclosedCircle" if (1..=20).contains(&value) => {
            char::from_u32(0x245f + value).map(String::from).unwrap_or_default()
        }
        "chineseCounting"
        | "chineseCountingThousand"
        | "japaneseCounting"
        | "ideographDigital"
        | "taiwaneseCounting"
        | "taiwaneseCountingThousand"
        | "chineseLegalSimplified"
            if value < 100 =>
        {
            chinese(value)
        }
        _ => value.to_string(),
    }
}

/// Formats a number as a … z, aa, bb …
fn letters(value: u32, first: char) -> String {
    let Some(value) = value.checked_sub(1) else { return String::new() };
    let letter = char::from_u32(first as u32 + value % 26).unwrap_or(first);
    std::iter::repeat_n(letter, (value as usize / 26 + 1).min(8)).collect()
}

fn roman(mut value: u32) -> String {
    if value > 10_000 {
        return value.to_string();
    }
    let steps = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut out = String::new();
    for (step, sign) in steps {
        while value >= step {
            out.push_str(sign);
            value -= step;
        }
    }
    out
}

fn ordinal(value: u32) -> String {
    let end = match (value % 100, value % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{value}{end}")
}

/// Formats a number up to 99 as Chinese and Japanese lists do.
fn chinese(value: u32) -> String {
    let digits = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |value: u32| digits.get(value as usize).copied().unwrap_or_default();
    match (value / 10, value % 10) {
        (0, 0) => "〇".to_owned(),
        (0, ones) => digit(ones).to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_list_format() {
        for (value, format, expected) in [
            (4, "decimal", "4"),
            (4, "lowerRoman", "iv"),
            (1987, "upperRoman", "MCMLXXXVII"),
            (28, "lowerLetter", "bb"),
            (3, "upperLetter", "C"),
            (22, "ordinal", "22nd"),
            (12, "ordinal", "12th"),
            (7, "decimalZero", "07"),
            (23, "chineseCounting", "二十三"),
            (0, "lowerLetter", ""),
        ] {
            assert_eq!(format_number(value, format), expected);
        }
    }
}
