//! How fast a server takes calls. All calls of this process to one server with one key keep the same pace: one refusal has them wait together,
//! and fewer go at once from then on. As long as nothing is refused, nothing waits.

use plumb_rlm::{fault::Code, traits::model::Wait};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// More calls at once than there ever are.
const ANY: usize = 1 << 20;
/// What is left of the calls at once after a refusal.
const KEPT: f64 = 0.6;
/// What was learned is forgotten after so long without a refusal: providers count by the minute at most.
const FORGOTTEN: Duration = Duration::from_secs(90);

/// The pace of one server.
pub struct Pace {
    slots: Semaphore,
    state: Mutex<State>,
}

struct State {
    /// How many calls may be under way at once; more by one for each round that is taken.
    most: f64,
    /// How many slots there are, taken ones included.
    slots: usize,
    under_way: usize,
    /// Of these, taken by the server.
    served: usize,
    /// Nothing is sent before.
    paused_until: Instant,
    /// Of that pause.
    wait: Wait,
    /// Pauses so far. What was sent before a pause and refused after it began is refused for the same reason.
    pauses: u64,
    refused_at: Instant,
    /// Calls that the server took.
    taken: u64,
}

/// A call's turn. It counts as under way until this is dropped.
pub struct Turn<'a> {
    pace: &'a Pace,
    slot: Option<SemaphorePermit<'a>>,
    /// The pause that it was sent after.
    pause: u64,
    taken: bool,
}

impl Default for Pace {
    fn default() -> Self {
        let now = Instant::now();
        let state = State {
            most: ANY as f64,
            slots: ANY,
            under_way: 0,
            served: 0,
            paused_until: now,
            wait: Wait { code: Code::RateLimited, asked: false, time: Duration::ZERO },
            pauses: 0,
            refused_at: now,
            taken: 0,
        };
        Pace { slots: Semaphore::new(ANY), state: Mutex::new(state) }
    }
}

impl Pace {
    /// Waits until a call may be sent. `on_pause` gets the rest of each pause that it waits for.
    pub async fn turn(&self, on_pause: impl Fn(Wait)) -> Turn<'_> {
        // Never closed, so that there is always a slot in the end.
        let slot = self.slots.acquire().await.ok();
        loop {
            let until = {
                let mut state = self.state();
                let now = Instant::now();
                if state.paused_until <= now {
                    state.under_way += 1;
                    let forgotten = state.slots < ANY && now - state.refused_at > FORGOTTEN;
                    if forgotten {
                        state.most = ANY as f64;
                        self.widen(&mut state);
                    }
                    return Turn { pace: self, slot, pause: state.pauses, taken: false };
                }
                on_pause(Wait { time: state.paused_until - now, ..state.wait });
                state.paused_until
            };
            sleep_until(until).await;
        }
    }

    /// How many calls the server has taken so far.
    pub fn taken(&self) -> u64 {
        self.state().taken
    }

    fn widen(&self, state: &mut State) {
        let more = (state.most as usize).saturating_sub(state.slots);
        state.slots += more;
        self.slots.add_permits(more);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The server took the call.
    pub fn taken(&mut self) {
        self.taken = true;
        let mut state = self.pace.state();
        state.taken += 1;
        state.served += 1;
        if state.slots < ANY {
            state.most += 1.0 / state.most;
            self.pace.widen(&mut state);
        }
    }

    /// Whether the server takes other calls while it refuses this one: it answers one, or took some since it had taken `before`.
    pub fn others_get_through(&self, before: u64) -> bool {
        let state = self.pace.state();
        let own = usize::from(self.taken);
        state.served > own || state.taken > before + own as u64
    }

    /// The server takes no more calls for now: nobody calls it for so long.
    pub fn refused(&mut self, wait: Wait) {
        let mut state = self.pace.state();
        let now = Instant::now();
        if self.pause == state.pauses {
            state.pauses += 1;
            state.most = (state.under_way as f64 * KEPT).max(1.0);
            state.slots -= self.pace.slots.forget_permits(state.slots.saturating_sub(state.most as usize));
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
        state.served -= usize::from(self.taken);
        if let Some(slot) = self.slot.take().filter(|_| state.slots > state.most as usize) {
            slot.forget();
            state.slots -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(50);

    fn wait(time: Duration) -> Wait {
        Wait { code: Code::RateLimited, asked: true, time }
    }

    async fn turns(pace: &Pace, number: usize) -> Vec<Turn<'_>> {
        let mut turns = Vec::new();
        for _ in 0..number {
            turns.push(timeout(SOON, pace.turn(|_| {})).await.expect("a turn at once"));
        }
        turns
    }

    #[tokio::test]
    async fn nothing_waits_where_nothing_is_refused() {
        let pace = Pace::default();
        let mut thousands = turns(&pace, 5_000).await;
        thousands.iter_mut().for_each(Turn::taken);
        assert_eq!(pace.taken(), 5_000);
    }

    #[tokio::test]
    async fn one_refusal_has_all_wait_and_fewer_go_at_once_from_then_on() {
        let pace = Pace::default();
        let mut sent = turns(&pace, 10).await;
        let began = Instant::now();
        // All ten are refused for the same reason: one pause, and one step down.
        sent.iter_mut().for_each(|turn| turn.refused(wait(Duration::from_millis(300))));
        sent.clear();
        let told = AtomicU32::new(0);
        let mut first = pace
            .turn(|rest| {
                assert!(told.fetch_add(1, Ordering::Relaxed) == 0 && rest.asked && rest.time <= Duration::from_millis(300))
            })
            .await;
        assert!(began.elapsed() >= Duration::from_millis(300));
        assert_eq!(told.into_inner(), 1);
        let mut at_once = turns(&pace, 5).await;
        assert!(timeout(SOON, pace.turn(|_| {})).await.is_err(), "six of ten are left");
        first.taken();
        drop(first);
        at_once.extend(turns(&pace, 1).await);
        // A round is taken: there is room for a seventh.
        at_once.iter_mut().for_each(Turn::taken);
        turns(&pace, 1).await;
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_while_it_waits_takes_no_turn_away() {
        let pace = Pace::default();
        turns(&pace, 1).await[0].refused(wait(SOON * 2));
        assert!(timeout(SOON, pace.turn(|_| {})).await.is_err());
        let only = pace.turn(|_| {}).await;
        assert!(timeout(SOON, pace.turn(|_| {})).await.is_err());
        drop(only);
        turns(&pace, 1).await;
    }

    #[tokio::test]
    async fn a_call_knows_whether_others_get_through() {
        let pace = Pace::default();
        let mut sent = turns(&pace, 2).await;
        assert!(!sent[0].others_get_through(0));
        // What the server took of this call itself, and refused after all, is no other.
        sent[0].taken();
        assert!(!sent[0].others_get_through(0));
        sent[1].taken();
        assert!(sent[0].others_get_through(1));
        sent.pop();
        assert!(sent[0].others_get_through(0) && !sent[0].others_get_through(pace.taken()));
    }
}
