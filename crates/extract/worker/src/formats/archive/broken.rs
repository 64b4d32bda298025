//! Broken forms of a document, the same in every run: truncated, or with bytes changed, removed or repeated.

/// Yields 200 broken forms of `whole`.
pub fn forms(whole: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap_or_default() % below.max(1)
    };
    (0..200).map(move |n| {
        let mut bytes = whole.to_vec();
        match n % 4 {
            0 => bytes.truncate(random(whole.len())),
            1 => {
                for _ in 0..1 + random(8) {
                    let at = random(bytes.len());
                    bytes[at] = random(256) as u8;
                }
            }
            2 => {
                let (from, length) = (random(bytes.len()), random(64));
                let end = (from + length).min(bytes.len());
                bytes.drain(from..end);
            }
            _ => {
                let (from, to) = (random(bytes.len()), random(bytes.len()));
                let piece = bytes[from..(from + 40).min(whole.len())].to_vec();
                bytes.splice(to..to, piece);
            }
        }
        bytes
    })
}
