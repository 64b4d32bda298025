//! The pace of calls to a server. All calls of this process to one server with one key share it: after a refusal all of them wait, and fewer are sent
//! at the same time. Nothing waits while the server refuses nothing.

use parking_lot::{Mutex, MutexGuard};
use plumb_rlm::{fault::Code, traits::model::Wait};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// A concurrency limit that is never reached.
const UNLIMITED: usize = 1 << 20;
/// Factor of the concurrency limit after a refusal.
const DECREASE_FACTOR: f64 = 0.6;
/// Time without a refusal after which the limit is lifted: providers count by the minute at most.
const RECOVERY: Duration = Duration::from_secs(90);

/// The pace of one server.
pub struct Pace {
    slots: Semaphore,
    state: Mutex<State>,
}

struct State {
    /// Maximum number of calls under way. It grows by one for each round of accepted calls.
    concurrency_limit: f64,
    /// Number of slots, occupied ones included.
    slots: usize,
    under_way: usize,
    /// Number of calls under way that the server has accepted.
    accepted_under_way: usize,
    /// Nothing is sent before this time.
    paused_until: Instant,
    /// The wait of that pause.
    wait: Wait,
    /// Number of pauses so far. A call sent before a pause and refused during it is refused for the same reason.
    pauses: u64,
    refused_at: Instant,
    /// Number of calls accepted so far.
    accepted: u64,
}

/// A call's turn. The call counts as under way until this is dropped.
pub struct Turn<'a> {
    pace: &'a Pace,
    slot: Option<SemaphorePermit<'a>>,
    /// Number of pauses before it was sent.
    pauses: u64,
    accepted: bool,
}

impl Default for Pace {
    fn default() -> Self {
        let now = Instant::now();
        let state = State {
            concurrency_limit: UNLIMITED as f64,
            slots: UNLIMITED,
            under_way: 0,
            accepted_under_way: 0,
            paused_until: now,
            wait: Wait { code: Code::RateLimited, asked: false, time: Duration::ZERO },
            pauses: 0,
            refused_at: now,
            accepted: 0,
        };
        Pace { slots: Semaphore::new(UNLIMITED), state: Mutex::new(state) }
    }
}

impl Pace {
    /// Waits until a call may be sent. `on_pause` gets the rest of each pause in between.
    pub async fn turn(&self, on_pause: impl Fn(Wait)) -> Turn<'_> {
        // The semaphore is never closed, so a slot comes free in the end.
        let slot = self.slots.acquire().await.ok();
        loop {
            let until = {
                let mut state = self.state();
                let now = Instant::now();
                if state.paused_until <= now {
                    state.under_way += 1;
                    let recovered = state.slots < UNLIMITED && now - state.refused_at > RECOVERY;
                    if recovered {
                        state.concurrency_limit = UNLIMITED as f64;
                        self.add_slots(&mut state);
                    }
                    return Turn { pace: self, slot, pauses: state.pauses, accepted: false };
                }
                on_pause(Wait { time: state.paused_until - now, ..state.wait });
                state.paused_until
            };
            sleep_until(until).await;
        }
    }

    /// Number of calls that the server has accepted so far.
    pub fn accepted(&self) -> u64 {
        self.state().accepted
    }

    fn add_slots(&self, state: &mut State) {
        let more = (state.concurrency_limit as usize).saturating_sub(state.slots);
        state.slots += more;
        self.slots.add_permits(more);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Turn<'_> {
    /// Records that the server accepted the call.
    pub fn accepted(&mut self) {
        self.accepted = true;
        let mut state = self.pace.state();
        state.accepted += 1;
        state.accepted_under_way += 1;
        if state.slots < UNLIMITED {
            state.concurrency_limit += 1.0 / state.concurrency_limit;
            self.pace.add_slots(&mut state);
        }
    }

    /// Whether the server accepts other calls while it refuses this one: it answers one, or has accepted some since it had accepted `before`.
    pub fn others_get_through(&self, before: u64) -> bool {
        let state = self.pace.state();
        let own = usize::from(self.accepted);
        state.accepted_under_way > own || state.accepted > before + own as u64
    }

    /// Records that the server takes no more calls for now. All calls to it pause for the wait.
    pub fn refused(&mut self, wait: Wait) {
        let mut state = self.pace.state();
        let now = Instant::now();
        if self.pauses == state.pauses {
            state.pauses += 1;
            state.concurrency_limit = (state.under_way as f64 * DECREASE_FACTOR).max(1.0);
            state.slots -= self.pace.slots.forget_permits(state.slots.saturating_sub(state.concurrency_limit as usize));
            state.paused_until = now + wait.time;
            state.wait = wait;
        }
        state.refused_at = now;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        state.under_way -= 1;
        state.accepted_under_way -= usize::from(self.accepted);
        if let Some(slot) = self.slot.take().filter(|_| state.slots > state.concurrency_limit as usize) {
            slot.forget();
            state.slots -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::atomic::{AtomicU32, Ordering};

    const PAUSE: Duration = Duration::from_millis(100);

    fn wait(time: Duration) -> Wait {
        Wait { code: Code::RateLimited, asked: true, time }
    }

    /// A turn that is free at once, if there is one.
    fn free_turn(pace: &Pace) -> Option<Turn<'_>> {
        pace.turn(|_| {}).now_or_never()
    }

    fn turns(pace: &Pace, number: usize) -> Vec<Turn<'_>> {
        (0..number).map(|_| free_turn(pace).expect("a free turn")).collect()
    }

    #[tokio::test]
    async fn nothing_waits_where_nothing_is_refused() {
        let pace = Pace::default();
        let mut thousands = turns(&pace, 5_000);
        thousands.iter_mut().for_each(Turn::accepted);
        assert_eq!(pace.accepted(), 5_000);
    }

    #[tokio::test]
    async fn a_refusal_pauses_all_and_lowers_the_concurrency() {
        let pace = Pace::default();
        let mut sent = turns(&pace, 10);
        let began = Instant::now();
        // All ten are refused for the same reason: one pause, and one step down.
        sent.iter_mut().for_each(|turn| turn.refused(wait(PAUSE)));
        sent.clear();
        let told = AtomicU32::new(0);
        let on_pause = |rest: Wait| {
            told.fetch_add(1, Ordering::Relaxed);
            assert!(rest.asked && rest.time <= PAUSE);
        };
        let mut first = pace.turn(on_pause).await;
        assert!(began.elapsed() >= PAUSE && told.into_inner() == 1);
        let mut at_once = turns(&pace, 5);
        assert!(free_turn(&pace).is_none(), "six of ten are left");
        first.accepted();
        drop(first);
        at_once.extend(turns(&pace, 1));
        // A whole round is accepted: there is room for a seventh.
        at_once.iter_mut().for_each(Turn::accepted);
        turns(&pace, 1);
    }

    #[tokio::test]
    async fn the_limit_is_lifted_after_a_time_without_refusal() {
        let pace = Pace::default();
        turns(&pace, 1)[0].refused(wait(Duration::ZERO));
        let first = turns(&pace, 1);
        assert!(free_turn(&pace).is_none());
        drop(first);
        let long_ago = Instant::now().checked_sub(RECOVERY + PAUSE).expect("a clock that has run for a while");
        pace.state().refused_at = long_ago;
        turns(&pace, 100);
    }

    #[tokio::test]
    async fn a_call_cancelled_while_it_waits_frees_its_turn() {
        let pace = Pace::default();
        turns(&pace, 1)[0].refused(wait(PAUSE));
        assert!(free_turn(&pace).is_none());
        let only = pace.turn(|_| {}).await;
        assert!(free_turn(&pace).is_none());
        drop(only);
        turns(&pace, 1);
    }

    #[tokio::test]
    async fn a_call_knows_whether_others_get_through() {
        let pace = Pace::default();
        let mut sent = turns(&pace, 2);
        assert!(!sent[0].others_get_through(0));
        // A call that the server accepted and then refused is not another one.
        sent[0].accepted();
        assert!(!sent[0].others_get_through(0));
        sent[1].accepted();
        assert!(sent[0].others_get_through(1));
        sent.pop();
        assert!(sent[0].others_get_through(0) && !sent[0].others_get_through(pace.accepted()));
    }
}
