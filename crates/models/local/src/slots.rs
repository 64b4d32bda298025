//! Which of the conversations kept in the model's memory a new prompt goes on from.
//!
//! Reading a prompt is most of what a call costs on a plain processor, so a few conversations are kept: without that, each sub-call
//! would push out the conversation of the node that made it.

/// A conversation in the model's memory.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    /// Its tokens, exactly as they lie in the model's memory.
    pub tokens: Vec<T>,
    /// When it was last used; higher is later.
    pub used: u64,
}

/// How to make room for a prompt.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// The slot the prompt goes to.
    pub slot: usize,
    /// How many of the prompt's first tokens need not be read again.
    pub keep: usize,
    /// They lie in another slot and are shared from there.
    pub share_from: Option<usize>,
    /// Slots to empty so that the prompt and its reply fit.
    pub empty: Vec<usize>,
}

/// Chooses. `need` is the tokens of the prompt and of the longest reply, `capacity` those that fit in memory.
pub fn plan<T: PartialEq>(slots: &[Slot<T>], prompt: &[T], need: usize, capacity: usize) -> Plan {
    let common = |slot: &Slot<T>| slot.tokens.iter().zip(prompt).take_while(|(a, b)| a == b).count();
    let (nearest, prefix) =
        slots.iter().map(common).enumerate().max_by_key(|&(index, length)| (length, slots[index].used)).unwrap_or((0, 0));
    // At least one token is always read: the reply starts from what the model makes of it.
    let keep = prefix.min(prompt.len().saturating_sub(1));
    let goes_on = prefix * 2 >= slots[nearest].tokens.len();
    let (slot, share_from) = if goes_on {
        (nearest, None)
    } else {
        let others = slots.iter().enumerate().filter(|(index, _)| *index != nearest);
        let oldest = others.min_by_key(|(_, slot)| (!slot.tokens.is_empty(), slot.used)).map_or(nearest, |(index, _)| index);
        (oldest, (oldest != nearest && keep > 0).then_some(nearest))
    };
    let mut rest: Vec<usize> = (0..slots.len()).filter(|&index| index != slot && !slots[index].tokens.is_empty()).collect();
    rest.sort_by_key(|&index| std::cmp::Reverse(slots[index].used));
    let mut held = need;
    let mut empty = Vec::new();
    for index in rest {
        held += slots[index].tokens.len();
        if held > capacity {
            empty.push(index);
        }
    }
    Plan { slot, keep, share_from, empty }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(texts: &[&str]) -> Vec<Slot<u8>> {
        texts.iter().enumerate().map(|(at, text)| Slot { tokens: text.bytes().collect(), used: at as u64 }).collect()
    }

    fn plan_for(texts: &[&str], prompt: &str, capacity: usize) -> Plan {
        plan(&slots(texts), prompt.as_bytes(), prompt.len() + 4, capacity)
    }

    #[test]
    fn a_conversation_goes_on_in_its_own_slot() {
        let plan = plan_for(&["", "abcdef", "xyz"], "abcdefgh", 100);
        assert_eq!(plan, Plan { slot: 1, keep: 6, share_from: None, empty: vec![] });
    }

    #[test]
    fn the_last_token_of_a_prompt_is_read_even_when_all_of_it_is_known() {
        assert_eq!(plan_for(&["abcdef"], "abcdef", 100).keep, 5);
    }

    #[test]
    fn a_sub_call_with_a_short_shared_beginning_leaves_the_callers_conversation_alone() {
        let plan = plan_for(&["", "abcdefghij"], "abXYZ", 100);
        assert_eq!(plan, Plan { slot: 0, keep: 2, share_from: Some(1), empty: vec![] });
    }

    #[test]
    fn a_new_conversation_takes_the_slot_longest_unused() {
        assert_eq!(plan_for(&["abc", "def", "ghi"], "xyz", 100).slot, 0);
    }

    #[test]
    fn the_oldest_conversations_give_way_when_memory_is_short() {
        let plan = plan_for(&["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", ""], "xyz", 28);
        assert_eq!((plan.slot, plan.empty), (3, vec![0]));
    }

    #[test]
    fn a_single_slot_is_used_over_and_over() {
        assert_eq!(plan_for(&["abcdef"], "axyz", 100), Plan { slot: 0, keep: 1, share_from: None, empty: vec![] });
    }
}
