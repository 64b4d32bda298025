//! Chooses the conversation in the model's memory from which a new prompt continues.
//!
//! Reading a prompt is most of the cost of a call on a plain processor, so memory keeps a few conversations. Otherwise each sub-call would push out
//! the conversation of the node that made it.

/// A conversation in the model's memory.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    /// Its tokens, exactly as they are in the model's memory.
    pub tokens: Vec<T>,
    /// Time of its last use; higher is later.
    pub used: u64,
    /// Tokens reserved for the prompt and the reply under way; `None` when there is no reply under way.
    pub promised: Option<usize>,
    /// Number of leading tokens that are instructions, with which other conversations begin too.
    pub instructions: usize,
    /// It will continue.
    pub grows: bool,
    /// The group that it belongs to.
    pub group: u64,
}

impl<T> Slot<T> {
    /// An empty slot.
    pub fn new() -> Self {
        Slot { tokens: Vec::new(), used: 0, promised: None, instructions: 0, grows: false, group: 0 }
    }
}

/// The operations that a model's memory allows on a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Its end can be dropped, and its beginning shared.
    Parts,
    /// It can only continue, or be dropped as a whole: recurrent models keep a state, not tokens.
    Whole,
}

impl Memory {
    /// Number of a slot's tokens that stay when `keep` of them are wanted.
    pub fn cut<T>(self, slot: &Slot<T>, keep: usize) -> usize {
        match self {
            Memory::Parts => keep,
            Memory::Whole if keep >= slot.tokens.len() => keep,
            Memory::Whole => 0,
        }
    }
}

/// Conversations that do not continue and share little with a new prompt, each with the number of its tokens worth keeping. Every kept token slows
/// down every written one, because the model attends to all of them.
pub fn stale<T: PartialEq>(slots: &[Slot<T>], prompt: &[T], memory: Memory) -> Vec<(usize, usize)> {
    let keep = |slot: &Slot<T>| {
        let shared = common(&slot.tokens, prompt);
        let keep = if shared * 2 >= slot.tokens.len() { slot.tokens.len() } else { shared.max(slot.instructions) };
        memory.cut(slot, keep)
    };
    let over = slots.iter().enumerate().filter(|(_, slot)| slot.promised.is_none() && !slot.grows);
    over.map(|(index, slot)| (index, keep(slot))).filter(|&(index, keep)| keep < slots[index].tokens.len()).collect()
}

/// How to make room for a prompt.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// The slot the prompt goes to.
    pub slot: usize,
    /// Number of the prompt's first tokens that need not be read again.
    pub keep: usize,
    /// Another slot that holds these tokens and shares them.
    pub share_from: Option<usize>,
    /// Slots to empty so that the prompt and its reply fit.
    pub empty: Vec<usize>,
}

/// Length of the common beginning of two texts, in tokens.
pub fn common<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Chooses a slot. `need` is the tokens of the prompt and of the longest reply, `capacity` those that fit in memory. `None` when there is no room
/// until one of the replies under way is done.
pub fn plan<T: PartialEq>(slots: &[Slot<T>], prompt: &[T], need: usize, capacity: usize, memory: Memory) -> Option<Plan> {
    let promised: usize = slots.iter().filter_map(|slot| slot.promised).sum();
    if need + promised > capacity {
        return None;
    }
    // The model always reads at least one token: the reply starts from its output.
    let shared = |slot: &Slot<T>| memory.cut(slot, common(&slot.tokens, prompt).min(prompt.len().saturating_sub(1)));
    let lengths = slots.iter().map(shared).enumerate();
    let (nearest, keep) = lengths.max_by_key(|&(index, length)| (length, slots[index].used))?;
    let free = |index: usize| slots[index].promised.is_none();
    let goes_on = free(nearest) && keep * 2 >= slots[nearest].tokens.len().saturating_sub(1);
    let (slot, share_from) = if goes_on {
        (nearest, None)
    } else {
        let others = (0..slots.len()).filter(|&index| index != nearest && free(index));
        let oldest = others.min_by_key(|&index| (!slots[index].tokens.is_empty(), slots[index].used));
        let slot = oldest.or_else(|| free(nearest).then_some(nearest))?;
        (slot, (slot != nearest && keep > 0 && memory == Memory::Parts).then_some(nearest))
    };
    // A conversation that can only be dropped as a whole cannot lend its beginning.
    let keep = if slot == nearest || memory == Memory::Parts { keep } else { 0 };
    let kept = |index: &usize| *index != slot && free(*index) && !slots[*index].tokens.is_empty();
    let mut rest: Vec<usize> = (0..slots.len()).filter(kept).collect();
    rest.sort_by_key(|&index| std::cmp::Reverse(slots[index].used));
    let mut held = need + promised;
    let mut empty = Vec::new();
    for index in rest {
        held += slots[index].tokens.len();
        if held > capacity {
            empty.push(index);
        }
    }
    Some(Plan { slot, keep, share_from, empty })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(texts: &[&str]) -> Vec<Slot<u8>> {
        texts
            .iter()
            .enumerate()
            .map(|(at, text)| Slot { tokens: text.bytes().collect(), used: at as u64, grows: true, ..Slot::new() })
            .collect()
    }

    fn plan_for(texts: &[&str], prompt: &str, capacity: usize) -> Plan {
        plan(&slots(texts), prompt.as_bytes(), prompt.len() + 4, capacity, Memory::Parts).unwrap()
    }

    #[test]
    fn a_conversation_continues_in_its_own_slot() {
        let plan = plan_for(&["", "abcdef", "xyz"], "abcdefgh", 100);
        assert_eq!(plan, Plan { slot: 1, keep: 6, share_from: None, empty: vec![] });
    }

    #[test]
    fn the_last_token_of_a_known_prompt_is_still_read() {
        assert_eq!(plan_for(&["abcdef"], "abcdef", 100).keep, 5);
    }

    #[test]
    fn a_sub_call_leaves_its_callers_conversation_alone() {
        let plan = plan_for(&["", "abcdefghij"], "abXYZ", 100);
        assert_eq!(plan, Plan { slot: 0, keep: 2, share_from: Some(1), empty: vec![] });
    }

    #[test]
    fn a_new_conversation_takes_the_slot_longest_unused() {
        assert_eq!(plan_for(&["abc", "def", "ghi"], "xyz", 100).slot, 0);
    }

    #[test]
    fn short_memory_drops_the_oldest_conversations() {
        let plan = plan_for(&["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", ""], "xyz", 28);
        assert_eq!((plan.slot, plan.empty), (3, vec![0]));
    }

    #[test]
    fn a_single_slot_is_reused() {
        assert_eq!(plan_for(&["abcdef"], "axyz", 100), Plan { slot: 0, keep: 1, share_from: None, empty: vec![] });
    }

    #[test]
    fn a_slot_in_use_is_shared_but_not_taken_or_emptied() {
        let mut slots = slots(&["abcdef", "xyz", "uvw"]);
        slots[0].promised = Some(10);
        let plan = |prompt: &str, capacity| plan(&slots, prompt.as_bytes(), prompt.len() + 4, capacity, Memory::Parts);
        assert_eq!(plan("abcdefgh", 30), Some(Plan { slot: 1, keep: 6, share_from: Some(0), empty: vec![] }));
        assert_eq!(plan("abcdefgh", 24).unwrap().empty, [2]);
        assert_eq!(plan("abcdefgh", 21), None);
    }

    #[test]
    fn a_finished_conversation_keeps_only_shared_tokens() {
        let mut slots = slots(&["abcdefgh", "abcdefgh", "axyz", "abcdefgh"]);
        slots[1].grows = false;
        slots[1].instructions = 3;
        slots[2].grows = false;
        slots[3].grows = false;
        slots[3].promised = Some(9);
        assert_eq!(stale(&slots, b"something else", Memory::Parts), [(1, 3), (2, 0)]);
        assert_eq!(stale(&slots, b"abcdefzz", Memory::Parts), [(2, 1)]);
    }

    #[test]
    fn a_prompt_waits_while_every_slot_is_in_use() {
        let mut slots = slots(&["abc", "xyz"]);
        slots.iter_mut().for_each(|slot| slot.promised = Some(5));
        assert_eq!(plan(&slots, b"abc", 5, 100, Memory::Parts), None);
    }

    #[test]
    fn a_recurrent_model_continues_or_restarts() {
        let mut slots = slots(&["abcdef", "xyz", ""]);
        let plan = |slots: &[Slot<u8>], prompt: &str| plan(slots, prompt.as_bytes(), 20, 100, Memory::Whole).unwrap();
        assert_eq!(plan(&slots, "abcdefgh"), Plan { slot: 0, keep: 6, share_from: None, empty: vec![] });
        assert_eq!(plan(&slots, "abcdxx"), Plan { slot: 2, keep: 0, share_from: None, empty: vec![] });
        assert_eq!(plan(&slots, "abcdef"), Plan { slot: 2, keep: 0, share_from: None, empty: vec![] }, "its last token is read");
        slots[0].promised = Some(10);
        assert_eq!(plan(&slots, "abcdefgh"), Plan { slot: 2, keep: 0, share_from: None, empty: vec![] });
        slots[1].grows = false;
        slots[1].instructions = 2;
        assert_eq!(stale(&slots, b"abc", Memory::Whole), [(1, 0)]);
    }
}
