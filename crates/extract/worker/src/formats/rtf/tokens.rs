//! RTF tokens.

/// An RTF token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// `\name` and its numeric parameter.
    Word(&'a [u8], Option<i32>),
    /// A control symbol such as `\*`.
    Sign(u8),
    /// A byte of text written as `\'xx`.
    Byte(u8),
    /// Bytes of text.
    Text(&'a [u8]),
}

/// Splits RTF into tokens.
pub struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Skips `count` bytes of binary data.
    pub fn skip_bytes(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn escaped(&mut self) -> Option<Token<'a>> {
        let (&first, tail) = self.rest.split_first()?;
        if !first.is_ascii_alphabetic() {
            self.rest = tail;
            if first != b'\'' {
                return Some(Token::Sign(first));
            }
            let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            if byte.is_some() {
                self.rest = &tail[2..];
            }
            return Some(Token::Byte(byte.unwrap_or(b'?')));
        }
        let length = self.rest.iter().take(40).position(|b| !b.is_ascii_alphabetic()).unwrap_or(self.rest.len().min(40));
        let (name, tail) = self.rest.split_at(length);
        let minus = usize::from(tail.first() == Some(&b'-'));
        let digits = tail[minus..].iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        let number = std::str::from_utf8(&tail[..minus + digits]).ok().and_then(|text| text.parse::<i64>().ok());
        self.rest = if digits > 0 { &tail[minus + digits..] } else { tail };
        // The space that ends a control word is not text.
        if let [b' ', tail @ ..] = self.rest {
            self.rest = tail;
        }
        Some(Token::Word(name, number.map(|number| number.clamp(i32::MIN.into(), i32::MAX.into()) as i32)))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (&first, tail) = self.rest.split_first()?;
            match first {
                b'{' | b'}' => {
                    self.rest = tail;
                    return Some(if first == b'{' { Token::Open } else { Token::Close });
                }
                b'\\' => {
                    self.rest = tail;
                    return self.escaped();
                }
                b'\r' | b'\n' | 0 => self.rest = tail,
                _ => {
                    let special = |b: &u8| matches!(b, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0);
                    let length = self.rest.iter().position(special).unwrap_or(self.rest.len());
                    let (text, tail) = self.rest.split_at(length);
                    self.rest = tail;
                    return Some(Token::Text(text));
                }
            }
        }
    }
}
