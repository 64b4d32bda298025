//! Wire formats: one for each family of servers. HTTP and retries are in [`crate::call`].

mod anthropic;
mod format;
mod gemini;
mod openai;

pub use format::{Format, Odd, Reader, Said};
pub use openai::{counts_in_o200k, is_own as is_openai};

/// The format that a provider speaks.
pub fn of(provider: &str) -> Box<dyn Format> {
    match provider {
        "anthropic" => Box::new(anthropic::Anthropic),
        "gemini" => Box::new(gemini::Gemini),
        _ => Box::new(openai::OpenAi::of(provider)),
    }
}

#[cfg(test)]
mod tests;
