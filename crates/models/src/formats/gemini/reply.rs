//! Gemini's replies: <https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse>.

use crate::formats::format::{Odd, Reader, Said, count, count_or_zero, entries};
use plumb_rlm::usage::{Finish, Reported};
use serde_json::Value;

/// Reads one reply. Each event is complete in itself, so the reader keeps no state.
pub struct GeminiReply;

impl Reader for GeminiReply {
    fn event(&mut self, event: &Value, said: &mut Said<'_>) -> Result<(), Odd> {
        if !event["error"].is_null() {
            let status = event["error"]["code"].as_u64().and_then(|status| u16::try_from(status).ok());
            let status = status.filter(|status| (400..600).contains(status)).unwrap_or(500);
            return Err(Odd::Error { status, body: event.clone() });
        }
        let candidate = &event["candidates"][0];
        for part in entries(&candidate["content"]["parts"]) {
            let text = part["text"].as_str().unwrap_or_default();
            if part["thought"] == true { said.think(text) } else { said.say(text) }
        }
        if event["promptFeedback"]["blockReason"].is_string() {
            said.finish = Some(Finish::Refused);
        }
        let mut odd = None;
        match candidate["finishReason"].as_str() {
            None | Some("FINISH_REASON_UNSPECIFIED") => {}
            Some("STOP") => said.finish = Some(Finish::Stop),
            Some("MAX_TOKENS") => said.finish = Some(Finish::Length),
            Some("SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "OTHER") => {
                said.finish = Some(Finish::Refused);
            }
            // A malformed tool call, and reasons yet to be invented.
            Some(_) => odd = Some(Odd::Cut),
        }
        let says_nothing = said.text().is_empty();
        said.count(usage(&event["usageMetadata"], says_nothing));
        odd.map_or(Ok(()), Err)
    }

    /// A reply that is not streamed is a list of the same events.
    fn whole(&mut self, body: &Value, said: &mut Said<'_>) -> Result<(), Odd> {
        let events = body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
        let known = ["candidates", "promptFeedback", "error"];
        if !events.iter().any(|event| known.iter().any(|name| !event[name].is_null())) {
            return Err(Odd::Nonsense);
        }
        events.iter().try_for_each(|event| self.event(event, said))
    }
}

/// Reads token counts. The API counts reasoning separately and charges it as output. It leaves out counts of zero; so beside a text a missing count
/// follows from the total.
fn usage(counts: &Value, says_nothing: bool) -> Reported {
    let input_tokens = count(&counts["promptTokenCount"]);
    let input = input_tokens.unwrap_or_default();
    let said = match &counts["candidatesTokenCount"] {
        Value::Null => says_nothing.then_some(0),
        said => count(said),
    };
    let apart = said.zip(count_or_zero(&counts["thoughtsTokenCount"])).map(|(said, thought)| said + thought);
    let together = || Some(count(&counts["totalTokenCount"])?.saturating_sub(input_tokens?)).filter(|tokens| *tokens > 0);
    Reported {
        input_tokens,
        cached_input_tokens: count(&counts["cachedContentTokenCount"]).unwrap_or(0).min(input),
        cache_write_tokens: 0,
        output_tokens: apart.filter(|_| !counts.is_null()).or_else(together),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(events: &[Value]) -> (Result<(), Odd>, Reported, Option<Finish>) {
        let mut said = Said::new(&|_| {}, None);
        let result = events.iter().try_for_each(|event| GeminiReply.event(event, &mut said));
        (result, said.usage, said.finish)
    }

    #[test]
    fn thoughts_count_as_output_and_the_last_count_holds() {
        let early = json!({"usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9}});
        let late = json!({"usageMetadata": {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 2, "thoughtsTokenCount": 5}});
        let all = Reported { input_tokens: Some(9), cached_input_tokens: 4, cache_write_tokens: 0, output_tokens: Some(7) };
        assert_eq!(read(&[early, late]).1, all);
    }

    #[test]
    fn a_missing_output_count_follows_from_the_total() {
        let says =
            |counts: Value| read(&[json!({"candidates": [{"content": {"parts": [{"text": "a"}]}}], "usageMetadata": counts})]).1;
        let counts = json!({"promptTokenCount": 9, "thoughtsTokenCount": 5, "totalTokenCount": 16});
        assert_eq!(says(counts).output_tokens, Some(7));
        assert_eq!(says(json!({"promptTokenCount": 9, "thoughtsTokenCount": 5})).output_tokens, None);
        assert_eq!(says(json!({"promptTokenCount": 9, "totalTokenCount": 9})).output_tokens, None);
        assert_eq!(says(Value::Null), Reported::default());
    }

    #[test]
    fn blocked_prompts_and_withheld_replies_are_refusals() {
        let reasons = ["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "OTHER"];
        for reason in reasons {
            assert_eq!(read(&[json!({"candidates": [{"finishReason": reason}]})]).2, Some(Finish::Refused), "{reason}");
        }
        assert_eq!(read(&[json!({"promptFeedback": {"blockReason": "SAFETY"}})]).2, Some(Finish::Refused));
        assert!(matches!(read(&[json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]})]).0, Err(Odd::Cut)));
    }

    #[test]
    fn a_list_of_events_is_a_reply_too() {
        let mut said = Said::new(&|_| {}, None);
        let piece =
            |text: &str| json!({"candidates": [{"content": {"parts": [{"text": text}, {"text": "hm", "thought": true}]}}]});
        let list = json!([piece("a"), piece("b"), {"candidates": [{"finishReason": "STOP"}]}]);
        GeminiReply.whole(&list, &mut said).unwrap();
        assert_eq!((said.text(), said.finish), ("ab", Some(Finish::Stop)));
        assert!(matches!(GeminiReply.whole(&json!([1]), &mut said), Err(Odd::Nonsense)));
    }
}
