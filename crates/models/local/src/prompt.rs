//! A conversation as the tokens that the model was trained to read.

use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};
use llama_cpp_2::token::LlamaToken;
use plumb_llama_protocol::{Job, Role};
use std::ops::Range;

/// A conversation, ready to be answered.
pub struct Prompt {
    /// Its tokens.
    pub tokens: Vec<LlamaToken>,
    /// Number of leading tokens that are instructions, with which other conversations begin too.
    pub instructions: usize,
}

/// The tokens of a job, ready to be answered.
///
/// The template is applied to marks that stand for the texts, and only the template's own parts may become control tokens. So a document that
/// quotes `<|im_end|>` cannot end its message.
pub fn tokens(model: &LlamaModel, job: &Job) -> Result<Prompt, String> {
    let Layout { mut tokens, instructions, last, after } = layout(model, job)?;
    tokens.extend(last);
    tokens.extend(after);
    if let Some(prefill) = &job.prefill {
        tokens.extend(model.vocab().tokenize(prefill.as_bytes(), false, false));
    }
    Ok(Prompt { tokens, instructions })
}

/// Passages with the question about them.
pub struct Passages {
    /// All tokens up to the end of the last passage.
    pub tokens: Vec<LlamaToken>,
    /// Places of the passages among them.
    pub places: Vec<Range<usize>>,
    /// The tokens of the last message, which follows the passages.
    pub question: Vec<LlamaToken>,
}

/// The tokens of a job's passages and of its last message.
pub fn passages(model: &LlamaModel, job: &Job) -> Result<Passages, String> {
    let Layout { mut tokens, last: question, .. } = layout(model, job)?;
    let mut places = Vec::with_capacity(job.passages.len());
    for passage in &job.passages {
        let start = tokens.len();
        tokens.extend(model.vocab().tokenize(passage.as_bytes(), false, false));
        places.push(start..tokens.len());
    }
    Ok(Passages { tokens, places, question })
}

/// A conversation in tokens.
struct Layout {
    /// All up to the last message's text.
    tokens: Vec<LlamaToken>,
    /// Number of leading tokens that are instructions.
    instructions: usize,
    /// The last message's text.
    last: Vec<LlamaToken>,
    /// What the template has after it.
    after: Vec<LlamaToken>,
}

fn layout(model: &LlamaModel, job: &Job) -> Result<Layout, String> {
    let marks: Vec<String> = (0..job.messages.len()).map(|index| format!("\u{1}{index}\u{1}")).collect();
    let layout = apply_template(model, job, &marks)?;
    let vocab = model.vocab();
    let (mut tokens, mut instructions) = (Vec::new(), 0);
    let mut last = Vec::new();
    let mut rest = layout.as_str();
    for (message, mark) in job.messages.iter().zip(&marks) {
        let (before, after) = rest.split_once(mark.as_str()).ok_or("the model's chat template leaves a message out")?;
        tokens.append(&mut last);
        tokens.extend(vocab.tokenize(before.as_bytes(), tokens.is_empty(), true));
        last = vocab.tokenize(message.content.as_bytes(), false, false);
        if message.role == Role::System {
            instructions = tokens.len() + last.len();
        }
        rest = after;
    }
    let after = vocab.tokenize(rest.as_bytes(), tokens.is_empty() && last.is_empty(), true);
    Ok(Layout { tokens, instructions, last, after })
}

fn apply_template(model: &LlamaModel, job: &Job, marks: &[String]) -> Result<String, String> {
    let chat: Vec<LlamaChatMessage> = job
        .messages
        .iter()
        .zip(marks)
        .map(|(message, mark)| {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            LlamaChatMessage::new(role.into(), mark.clone()).map_err(|error| error.to_string())
        })
        .collect::<Result<_, _>>()?;
    let chatml = || LlamaChatTemplate::new("chatml").map_err(|error| error.to_string());
    let own = model.chat_template(None).or_else(|_| chatml())?;
    // Some templates leave instructions out.
    let is_whole = |layout: &String| {
        let mut rest = layout.as_str();
        marks.iter().all(|mark| rest.split_once(mark.as_str()).map(|(_, after)| rest = after).is_some())
    };
    match model.apply_chat_template(&own, &chat, true) {
        Ok(layout) if is_whole(&layout) => Ok(layout),
        // llama.cpp recognises the common templates; most others derive from ChatML.
        _ => model.apply_chat_template(&chatml()?, &chat, true).map_err(|error| error.to_string()),
    }
}
