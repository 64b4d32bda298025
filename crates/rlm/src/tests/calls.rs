//! Calls within their limits, their waits and their ends.

use super::*;
use crate::{
    calls::budget::Budget,
    money::{Price, Usd},
    options::Limits,
    record::totals::Totals,
    testing::journal::MemoryAllowance,
    traits::model::{Model, ModelProfile, ModelReply, OnProgress, Wait},
    usage::Usage,
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};

const ONE_DOLLAR: Price = Price { input: 1.0, cached_input: None, cache_write: None, output: 1.0 };

fn priced(price: Option<Price>, mut model: ScriptedModel) -> ScriptedModel {
    model.profile.price = price;
    model
}

fn cost_limit(max_cost_usd: f64) -> Limits {
    Limits { max_cost_usd: Some(max_cost_usd), ..Limits::default() }
}

/// A model that never answers, but prints.
fn endless() -> ScriptedModel {
    by_turn(Strength::Strong, &["```repl\nprint on and on\n```"])
}

fn limit_of(events: &[Event]) -> Code {
    let (status, _, fault) = ended(events);
    assert_eq!(status, RunStatus::Limit, "{fault:?}");
    fault.unwrap().code
}

#[tokio::test]
async fn a_cost_limit_ends_the_run_and_is_not_passed() {
    let stage = Stage::new(ModeChoice::Rlm, priced(Some(ONE_DOLLAR), endless())).with_limits(cost_limit(0.005));
    let events = ask(&stage).await;
    assert_eq!(limit_of(&events), Code::LimitCost);
    let cost = Totals::of(&events).known_cost().unwrap();
    assert!(cost > Usd::ZERO && cost <= Usd::from_dollars(0.005), "{cost:?}");
    assert_eq!(ended(&events).1, "on and on");
}

#[tokio::test]
async fn a_cost_limit_with_an_unknown_price_sends_nothing() {
    let stage = Stage::new(ModeChoice::Rlm, priced(None, endless())).with_limits(cost_limit(1.0));
    let events = ask(&stage).await;
    let fault = ended(&events).2.unwrap();
    assert_eq!((fault.code, fault.arguments["model"].as_str()), (Code::PriceUnknown, "scripted:model"));
    assert!(stage.model.requests().is_empty());
}

#[tokio::test]
async fn a_token_limit_ends_the_run_and_is_not_passed() {
    let limits = Limits { max_tokens: Some(9_000), ..Limits::default() };
    let events = ask(&Stage::new(ModeChoice::Rlm, endless()).with_limits(limits)).await;
    assert_eq!(limit_of(&events), Code::LimitTokens);
    let usage = Totals::of(&events).usage;
    assert!(usage.input_tokens + usage.output_tokens <= 9_000, "{usage:?}");
}

#[tokio::test]
async fn the_time_limit_ends_a_call_that_hangs() {
    let model = ScriptedModel::replies(Strength::Strong, [Reaction::Hangs("half".into())]);
    let stage = Stage::new(ModeChoice::Rlm, model).with_limits(Limits { timeout_s: 0, ..Limits::default() });
    let events = ask(&stage).await;
    assert_eq!(limit_of(&events), Code::LimitTime);
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::Reply { .. })), 0);
}

#[tokio::test]
async fn two_runs_stay_within_the_budget_they_share() {
    let shared = Arc::new(Budget::new(cost_limit(0.006), Usd::ZERO, Usage::default(), 0));
    let stages: Vec<Stage> = (0..2)
        .map(|_| {
            let mut stage = Stage::new(ModeChoice::Rlm, priced(Some(ONE_DOLLAR), endless())).with_limits(cost_limit(0.005));
            stage.shared_budget = Some(shared.clone());
            stage
        })
        .collect();
    let (one, two) = tokio::join!(ask(&stages[0]), ask(&stages[1]));
    assert_eq!((limit_of(&one), limit_of(&two)), (Code::LimitCost, Code::LimitCost));
    let spent = [&one, &two].map(|events| Totals::of(events).known_cost().unwrap());
    assert_eq!(spent[0].plus(spent[1]), shared.spent());
    assert!(shared.spent() <= Usd::from_dollars(0.006) && spent.iter().all(|cost| *cost > Usd::ZERO), "{spent:?}");
}

#[tokio::test]
async fn the_months_limit_ends_the_run() {
    let mut stage = Stage::new(ModeChoice::Rlm, priced(Some(ONE_DOLLAR), endless()));
    stage.allowance = Arc::new(MemoryAllowance { left: Some(Mutex::new(Usd::from_dollars(0.005))), warning: None });
    let events = ask(&stage).await;
    assert_eq!(limit_of(&events), Code::LimitMonth);
    assert!(Totals::of(&events).known_cost().unwrap() <= Usd::from_dollars(0.005));
}

#[tokio::test]
async fn the_allowances_warning_is_said_once() {
    let limits = Limits { max_turns: 3, ..Limits::default() };
    let mut stage = Stage::new(ModeChoice::Rlm, priced(Some(ONE_DOLLAR), endless())).with_limits(limits);
    let warning = Some(Fault::new(Code::MonthAlmostSpent, "Little is left."));
    stage.allowance = Arc::new(MemoryAllowance { left: None, warning });
    let events = ask(&stage).await;
    assert_eq!(stage.model.requests().len(), 3);
    assert_eq!(notices(&events), [Code::MonthAlmostSpent]);
}

#[tokio::test]
async fn a_reply_that_exceeds_its_reservation_is_cut_and_nothing_more_is_sent() {
    let long = "word ".repeat(3_000);
    let model = ScriptedModel::replies(Strength::Strong, [Reaction::Hangs(long), "FINAL(40)".into()]);
    let limits = Limits { max_tokens: Some(2_000), ..Limits::default() };
    let stage = Stage::new(ModeChoice::Rlm, model).with_limits(limits);
    let events = ask(&stage).await;
    assert_eq!(limit_of(&events), Code::LimitTokens);
    let fault = ended(&events).2.unwrap();
    assert!(fault.message.contains("but wrote on") && fault.arguments.contains_key("tokens"), "{fault:?}");
    assert_eq!(stage.model.requests().len(), 1);
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_recorded_with_its_cost() {
    let broken = Reaction::Breaks("four words of it".into(), Fault::new(Code::CutShort, "The reply broke off."));
    let model = priced(Some(ONE_DOLLAR), ScriptedModel::replies(Strength::Strong, [broken]));
    let events = ask(&Stage::new(ModeChoice::Rlm, model)).await;
    let lost = events.iter().find_map(|event| match &event.kind {
        EventKind::ReplyLost { text, usage, cost_usd, .. } => Some((text.clone(), usage.output_tokens, *cost_usd)),
        _ => None,
    });
    let (text, tokens, cost) = lost.unwrap();
    assert_eq!((text.as_str(), tokens), ("four words of it", 4));
    assert_eq!(Totals::of(&events).known_cost(), cost);
    assert_eq!(ended(&events).2.unwrap().code, Code::CutShort);
}

fn wait(seconds: f64) -> Wait {
    Wait { code: Code::RateLimited, asked: false, time: Duration::from_secs_f64(seconds) }
}

#[tokio::test]
async fn calls_that_wait_for_one_reason_make_one_event() {
    for (seconds, events_expected) in [(5.0, 1), (0.5, 0)] {
        let sub_model = ScriptedModel::new(Strength::Strong, move |_, _| Reaction::Waits(wait(seconds), "yes".into()));
        let stage = Stage::new(ModeChoice::Rlm, by_turn(Strength::Strong, &["```repl\nllm a | b | c\n```", "FINAL(done)"]));
        let events = ask(&stage.with_sub_model(sub_model)).await;
        assert_eq!(count(&events, |kind| matches!(kind, EventKind::Waiting { .. })), events_expected, "{seconds} s");
    }
}

#[tokio::test]
async fn a_wait_that_begins_later_is_an_event_of_its_own() {
    let clock = Arc::new(crate::testing::clock::ManualClock::default());
    let of_model = clock.clone();
    let sub_model = ScriptedModel::new(Strength::Strong, move |_, _| {
        of_model.advance(Duration::from_secs(60));
        Reaction::Waits(wait(5.0), "yes".into())
    });
    let mut stage = free(&["```repl\nllm a\nllm b\n```", "FINAL(done)"]).with_sub_model(sub_model);
    stage.clock = clock;
    let events = ask(&stage).await;
    let waits = |kind: &EventKind| matches!(kind, EventKind::Waiting { wait_ms: 5_000, code: Code::RateLimited, .. });
    assert_eq!(count(&events, waits), 2);
    assert!(matches!(events.last().map(|event| &event.kind), Some(EventKind::Finished { elapsed_ms: 120_000, .. })));
}

#[tokio::test]
async fn usage_that_is_not_reported_is_estimated_and_said_once() {
    let mut model = by_turn(Strength::Strong, &["```repl\nprint one\n```", "FINAL(done now)"]);
    model.reports_usage = false;
    let stage = Stage::new(ModeChoice::Rlm, model);
    let events = ask(&stage).await;
    assert_eq!(notices(&events), [Code::UsageEstimated]);
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::Reply { usage_estimated: true, .. })), 2);
    assert!(Totals::of(&events).usage.output_tokens >= 4);
}

#[tokio::test]
async fn concurrency_follows_the_model() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    static ACTIVE: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    struct Counting(ScriptedModel);
    #[async_trait::async_trait]
    impl Model for Counting {
        fn profile(&self) -> &ModelProfile {
            &self.0.profile
        }
        fn count_tokens(&self, text: &str) -> u64 {
            text.len() as u64
        }
        async fn complete(&self, request: ModelRequest, on_progress: OnProgress<'_>) -> Result<ModelReply, Fault> {
            MOST.fetch_max(ACTIVE.fetch_add(1, SeqCst) + 1, SeqCst);
            let reply = self.0.complete(request, on_progress).await;
            tokio::task::yield_now().await;
            ACTIVE.fetch_sub(1, SeqCst);
            reply
        }
    }
    let mut counted = ScriptedModel::replies(Strength::Strong, ["yes"]);
    counted.profile.concurrency = Some(3);
    let stage = free(&["```repl\nllm a | b | c | d | e | f | g | h\n```", "FINAL(done)"]);
    let journal = Arc::new(crate::testing::journal::MemoryJournal::default());
    let parts = crate::run::Parts { sub_model: Arc::new(Counting(counted)), ..stage.parts(journal.clone()) };
    let question = crate::run::Question { question: "How much?".into(), sources: Vec::new(), options: stage.options.clone() };
    crate::run::start(parts, question, stage.stop.clone()).await.unwrap();
    assert_eq!(ended(&journal.events()).1, "done");
    assert_eq!(MOST.load(SeqCst), 3);
}
