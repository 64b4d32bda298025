//! The part of a reply that has arrived, and the tokens used by then.

use crate::{
    traits::model::{Model, Progress},
    usage::{Reported, Usage},
};

/// The part of a reply that has arrived.
#[derive(Debug, Default)]
pub struct Heard {
    /// The text so far.
    pub text: String,
    /// The model's thoughts so far: paid, and not shown.
    thought: String,
    /// The provider's count; absent while it has not begun to answer.
    counted: Option<Reported>,
    /// Usage of earlier tries.
    before: Usage,
}

impl Heard {
    /// Takes a piece of progress. `input`: estimated tokens of the prompt.
    pub fn take(&mut self, progress: Progress<'_>, model: &dyn Model, input: u64) {
        match progress {
            Progress::Text(piece) => self.text.push_str(piece),
            Progress::Thought(piece) => self.thought.push_str(piece),
            Progress::Counted(counted) => self.counted = Some(counted.after(self.counted.unwrap_or_default())),
            Progress::Again => *self = Heard { before: self.used(model, input), ..Heard::default() },
            Progress::Loading(_) | Progress::Waiting(_) => {}
        }
    }

    /// Usage of the call if it ends here, all tries together. A try that brought nothing is most likely not paid for; one that began to answer is.
    pub fn used(&self, model: &dyn Model, input: u64) -> Usage {
        let Some(counted) = self.counted.or((!self.text.is_empty() || !self.thought.is_empty()).then(Reported::default)) else {
            return self.before;
        };
        let estimate = self.estimate(model, input);
        let (usage, _) = counted.or(estimate);
        // The count of a reply under way lags behind its text.
        self.before.plus(Usage { output_tokens: usage.output_tokens.max(estimate.output_tokens), ..usage })
    }

    /// Usage of the call that ended with this report, all tries together, and whether any of it is an estimate.
    pub fn used_in_all(&self, reported: Reported, model: &dyn Model, input: u64) -> (Usage, bool) {
        // Counting takes time, and most servers report all of it.
        let estimate = if reported.is_whole() { Usage::default() } else { self.estimate(model, input) };
        let (usage, estimated) = reported.or(estimate);
        (self.before.plus(usage), estimated || self.is_again())
    }

    /// An earlier try has used something.
    pub fn is_again(&self) -> bool {
        self.before != Usage::default()
    }

    fn estimate(&self, model: &dyn Model, input: u64) -> Usage {
        let output_tokens = model.count_tokens(&self.text) + model.count_tokens(&self.thought);
        Usage { input_tokens: input, output_tokens, ..Usage::default() }
    }
}

/// Counts a reply as it arrives, until it surely exceeds its reservation.
pub struct Meter {
    max_tokens: u64,
    /// Length in bytes up to which no text can have too many tokens, because a token has at least one byte.
    next_count: usize,
}

impl Meter {
    /// For a reply of at most `max_tokens`.
    pub fn new(max_tokens: u32) -> Self {
        Meter { max_tokens: max_tokens.into(), next_count: max_tokens as usize }
    }

    /// Text and thoughts together surely have too many tokens.
    pub fn is_exceeded(&mut self, heard: &Heard, model: &dyn Model) -> bool {
        let length = heard.text.len() + heard.thought.len();
        let counted = heard.counted.and_then(|counted| counted.output_tokens).unwrap_or_default();
        if length <= self.next_count {
            return counted > self.max_tokens;
        }
        let tokens = model.fewest_tokens(&heard.text) + model.fewest_tokens(&heard.thought);
        self.next_count = length + self.max_tokens.saturating_sub(tokens) as usize;
        tokens.max(counted) > self.max_tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Fault,
        traits::model::{ModelProfile, ModelReply, ModelRequest, OnProgress},
    };
    use async_trait::async_trait;

    /// Counts a token for each byte.
    struct Bytes;

    #[async_trait]
    impl Model for Bytes {
        fn profile(&self) -> &ModelProfile {
            unreachable!("counting needs no profile")
        }
        fn count_tokens(&self, text: &str) -> u64 {
            text.len() as u64
        }
        fn counts_exactly(&self) -> bool {
            true
        }
        async fn complete(&self, _: ModelRequest, _: OnProgress<'_>) -> Result<ModelReply, Fault> {
            unreachable!("nothing is asked")
        }
    }

    fn heard(progress: &[Progress<'_>]) -> Heard {
        let mut heard = Heard::default();
        progress.iter().for_each(|progress| heard.take(*progress, &Bytes, 20));
        heard
    }

    fn used(progress: &[Progress<'_>]) -> (u64, u64) {
        let used = heard(progress).used(&Bytes, 20);
        (used.input_tokens, used.output_tokens)
    }

    fn counted(input_tokens: Option<u64>, output_tokens: Option<u64>) -> Progress<'static> {
        Progress::Counted(Reported { input_tokens, output_tokens, ..Reported::default() })
    }

    #[test]
    fn a_call_that_breaks_off_used_its_text_thoughts_and_count() {
        let (text, thought) = (Progress::Text("four"), Progress::Thought("hmm"));
        assert_eq!(used(&[]), (0, 0));
        assert_eq!(used(&[text]), (20, 4));
        assert_eq!(used(&[thought]), (20, 3), "thoughts are paid too");
        assert_eq!(used(&[counted(Some(50), None)]), (50, 0), "the input is counted before anything is written");
        assert_eq!(used(&[counted(None, None)]), (20, 0), "it has begun, and nothing of it is known");
        assert_eq!(used(&[counted(Some(50), None), thought, text]), (50, 7));
        assert_eq!(used(&[counted(Some(50), Some(2)), thought, text]), (50, 7), "a count lags behind the text");
        assert_eq!(used(&[text, counted(Some(50), Some(90))]), (50, 90), "a server may count text that it does not show");
    }

    #[test]
    fn usage_counts_every_try() {
        let (begun, text) = (counted(Some(50), None), Progress::Text("four"));
        assert_eq!(used(&[Progress::Again, text]), (20, 4), "one that brought nothing used nothing");
        assert_eq!(used(&[begun, Progress::Again]), (50, 0));
        assert_eq!(used(&[begun, Progress::Again, begun, Progress::Again, begun, text]), (150, 4));
        let reported = Reported::from(Usage { input_tokens: 50, output_tokens: 4, ..Usage::default() });
        let all = |progress: &[Progress<'_>]| heard(progress).used_in_all(reported, &Bytes, 20);
        assert_eq!((all(&[text]).0.input_tokens, all(&[text]).1), (50, false));
        assert_eq!((all(&[begun, Progress::Again, text]).0.input_tokens, all(&[begun, Progress::Again, text]).1), (100, true));
    }

    #[test]
    fn text_thoughts_and_counts_are_metered_together() {
        let (text, thought) = (Progress::Text("four"), Progress::Thought("hmm"));
        let exceeded = |most, progress: &[Progress<'_>]| Meter::new(most).is_exceeded(&heard(progress), &Bytes);
        assert!(!exceeded(7, &[thought, text]) && exceeded(6, &[thought, text]));
        assert!(exceeded(2, &[thought]));
        assert!(!exceeded(9, &[counted(None, Some(9))]) && exceeded(8, &[counted(None, Some(9))]));
    }
}
