//! OpenAI's replies: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use crate::formats::format::{Odd, Reader, Said, count, entries};
use plumb_rlm::{
    money::Usd,
    usage::{Finish, Reported},
};
use serde_json::{Value, json};

/// Reads one reply. Each event is complete in itself, so the reader keeps no state.
pub struct OpenAiReply {
    /// The server reports the cost in US dollars.
    pub reports_cost: bool,
}

impl Reader for OpenAiReply {
    fn event(&mut self, event: &Value, said: &mut Said<'_>) -> Result<(), Odd> {
        error_in(event)?;
        let choice = &event["choices"][0];
        speak(&choice["delta"], &choice["finish_reason"], said)?;
        said.count(usage(&event["usage"]).after(usage(&event["x_groq"]["usage"])));
        said.cost = self.cost(&event["usage"]).or(said.cost);
        Ok(())
    }

    fn whole(&mut self, body: &Value, said: &mut Said<'_>) -> Result<(), Odd> {
        error_in(body)?;
        let choice = &body["choices"][0];
        if !choice["message"].is_object() {
            return Err(Odd::Nonsense);
        }
        speak(&choice["message"], &choice["finish_reason"], said)?;
        said.finish.get_or_insert(Finish::Stop);
        said.count(usage(&body["usage"]));
        said.cost = self.cost(&body["usage"]);
        Ok(())
    }
}

impl OpenAiReply {
    /// The cost of a call. With a key of the user's own, the provider behind is paid separately from the fee.
    fn cost(&self, usage: &Value) -> Option<Usd> {
        let dollars = |value: &Value| value.as_f64().filter(|dollars| *dollars >= 0.0).map(Usd::from_dollars);
        let fee = dollars(&usage["cost"]).filter(|_| self.reports_cost)?;
        if usage["is_byok"] != true {
            return Some(fee);
        }
        Some(fee.plus(dollars(&usage["cost_details"]["upstream_inference_cost"])?))
    }
}

fn error_in(event: &Value) -> Result<(), Odd> {
    let error = &event["error"];
    if error.is_null() {
        return Ok(());
    }
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let status = [&error["code"], &error["status"], &error["status_code"]].into_iter().find_map(number);
    let status = status.and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status));
    Err(Odd::Error { status: status.unwrap_or(500), body: json!({ "error": error }) })
}

fn speak(message: &Value, reason: &Value, said: &mut Said<'_>) -> Result<(), Odd> {
    think(message, said);
    match &message["content"] {
        Value::String(text) => said.say(text),
        // Some servers send parts, of which those of type "thinking" are not text.
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).for_each(|text| said.say(text)),
        _ => {}
    }
    let refusal = message["refusal"].as_str().filter(|text| !text.is_empty());
    said.say(refusal.unwrap_or_default());
    match reason.as_str() {
        None => {}
        Some("length" | "max_tokens" | "model_length") => said.finish = Some(Finish::Length),
        Some("content_filter" | "safety") => said.finish = Some(Finish::Refused),
        Some("error") => return Err(Odd::Cut),
        Some(_) => said.finish = said.finish.or(Some(Finish::Stop)),
    }
    if refusal.is_some() {
        said.finish = Some(Finish::Refused);
    }
    Ok(())
}

/// Reads the model's reasoning. OpenAI's own format has no field for it; servers that show it each have a name, and some send it under two.
fn think(message: &Value, said: &mut Said<'_>) {
    let names = ["reasoning_content", "reasoning", "reasoning_text", "thinking"];
    if let Some(thought) = names.into_iter().find_map(|name| message[name].as_str().filter(|text| !text.is_empty())) {
        return said.think(thought);
    }
    // OpenRouter's <https://openrouter.ai/docs/use-cases/reasoning-tokens>, and Mistral's <https://docs.mistral.ai/capabilities/reasoning/>.
    let within = entries(&message["content"]).iter().flat_map(|part| entries(&part["thinking"]));
    for part in entries(&message["reasoning_details"]).iter().chain(within) {
        said.think(part["text"].as_str().or_else(|| part["summary"].as_str()).unwrap_or_default());
    }
}

/// Reads token counts in any of the ways servers write them.
fn usage(value: &Value) -> Reported {
    let (input_tokens, written) = (count(&value["prompt_tokens"]), count(&value["completion_tokens"]));
    let input = input_tokens.unwrap_or_default();
    let details = &value["prompt_tokens_details"];
    let cached = count(&details["cached_tokens"]).or_else(|| count(&value["prompt_cache_hit_tokens"]));
    let cached_input_tokens = cached.unwrap_or(0).min(input);
    // Most servers count reasoning as output. Where the total shows that it was left out, it is added.
    let reasoning = count(&value["completion_tokens_details"]["reasoning_tokens"]).unwrap_or(0);
    let all =
        |output: u64| if count(&value["total_tokens"]) == Some(input + output + reasoning) { output + reasoning } else { output };
    Reported {
        input_tokens,
        cached_input_tokens,
        cache_write_tokens: count(&details["cache_write_tokens"]).unwrap_or(0).min(input - cached_input_tokens),
        output_tokens: written.map(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::traits::model::Progress;

    #[test]
    fn a_cost_counts_only_in_dollars_and_whole() {
        let cost = |reports_cost: bool, usage: Value| OpenAiReply { reports_cost }.cost(&usage).map(Usd::dollars);
        assert_eq!(cost(true, json!({"cost": 0.95, "cost_details": {"upstream_inference_cost": 0.9}})), Some(0.95));
        assert_eq!(
            cost(true, json!({"cost": 0.05, "is_byok": true, "cost_details": {"upstream_inference_cost": 1}})),
            Some(1.05)
        );
        assert_eq!(cost(true, json!({"cost": 0.05, "is_byok": true, "cost_details": {"upstream_inference_cost": null}})), None);
        assert_eq!(cost(true, json!({"cost": -1})), None);
        assert_eq!(cost(false, json!({"cost": 0.95})), None);
    }

    #[test]
    fn reasoning_is_counted_once() {
        let count = |total: u64| {
            let value = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": total, "completion_tokens_details": {"reasoning_tokens": 4}});
            usage(&value).output_tokens
        };
        assert_eq!((count(15), count(19)), (Some(5), Some(9)));
    }

    #[test]
    fn each_token_count_is_read_on_its_own() {
        let read = |value: Value| (usage(&value).input_tokens, usage(&value).output_tokens);
        assert_eq!(read(json!({"prompt_tokens": u64::MAX, "completion_tokens": 5})), (None, Some(5)));
        for odd in [Value::Null, json!(-1), json!(0.5), json!("two")] {
            assert_eq!(read(json!({"prompt_tokens": 9, "completion_tokens": odd})), (Some(9), None), "{odd}");
        }
        assert_eq!(usage(&Value::Null), Reported::default());
    }

    #[test]
    fn reasoning_is_found_under_each_name_and_counted_once() {
        for (delta, thought) in [
            (json!({"content": null, "reasoning_content": "hmm"}), "hmm"),
            (json!({"content": "", "reasoning": "hmm", "reasoning_details": [{"type": "reasoning.text", "text": "hmm"}]}), "hmm"),
            (
                json!({"reasoning_details": [{"type": "reasoning.summary", "summary": "h"}, {"type": "reasoning.encrypted", "data": "x"}]}),
                "h",
            ),
            (json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}]}), "hmm"),
            (json!({"role": "assistant", "content": ""}), ""),
        ] {
            let heard = std::sync::Mutex::new(String::new());
            let on_progress = |progress: Progress<'_>| match progress {
                Progress::Thought(piece) => heard.lock().unwrap().push_str(piece),
                other => panic!("{other:?}"),
            };
            let mut said = Said::new(&on_progress, None);
            let event = json!({"choices": [{"delta": delta}]});
            OpenAiReply { reports_cost: false }.event(&event, &mut said).unwrap();
            assert_eq!((heard.lock().unwrap().as_str(), said.written()), (thought, thought.len()), "{event}");
        }
    }
}
