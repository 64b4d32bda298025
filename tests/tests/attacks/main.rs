//! The attack suite: attacks by model code, as data in `tests/attacks`. Each runs in the sealed worker with every combination of layers, as root and
//! as an ordinary user. As a positive control each also runs outside, where it must succeed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Doors and numbers of system calls belong to one processor family.
#[cfg(target_arch = "x86_64")]
mod calls;
mod data;
mod host;
mod inside;
mod outside;
mod way;

use data::Attack;
use futures_util::{StreamExt, stream};
use outside::Outside;
use std::collections::BTreeSet;
use way::Way;

/// Concurrent attacks, most of which wait.
const AT_ONCE: usize = 3;

/// Makes all attacks with one combination of layers, and lists those that succeed.
async fn held(way: Way) {
    let Some(way) = way.possible() else { return };
    let outside = Outside::new(way.user);
    let launcher = way.launcher();
    way.is_real(&launcher).await;
    let (alone, together): (Vec<Attack>, Vec<Attack>) =
        data::attacks().into_iter().filter(|attack| !(attack.shared_text && way.copying)).partition(Attack::needs_quiet);
    let attack = |attack: Attack| inside::held(&launcher, &outside, attack);
    let mut failed: Vec<String> =
        stream::iter(together).map(attack).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    for attack in alone {
        failed.extend(inside::held(&launcher, &outside, attack).await);
    }
    failed.extend(outside.harm());
    assert!(failed.is_empty(), "{} not held:\n{}", failed.len(), failed.join("\n"));
}

macro_rules! ways {
    ($($name:ident: $way:expr;)+) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            held($way).await;
        }
    )+ };
}

ways! {
    all_layers_hold_all_attacks: Way::default();
    all_layers_hold_all_attacks_of_a_user: Way::default().user();
    without_landlock_all_attacks_are_held: Way::default().without("landlock");
    without_landlock_all_attacks_of_a_user_are_held: Way::default().without("landlock").user();
    without_namespaces_all_attacks_are_held: Way::default().without("namespaces");
    without_namespaces_all_attacks_of_a_user_are_held: Way::default().without("namespaces").user();
    the_mandatory_layer_alone_holds_all_attacks: Way::default().without("landlock").without("namespaces");
    the_mandatory_layer_alone_holds_all_attacks_of_a_user: Way::default().without("landlock").without("namespaces").user();
    copied_texts_change_nothing: Way::default().copying();
    copied_texts_change_nothing_for_a_user: Way::default().copying().user();
}

#[test]
fn there_are_enough_attacks_and_no_two_have_one_name() {
    let names: Vec<String> =
        data::attacks().into_iter().map(|a| a.name).chain(data::calls().into_iter().map(|c| c.name)).collect();
    assert!(names.len() >= 120, "{} attacks", names.len());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_succeeds_outside() {
    succeed_outside(Way::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_of_a_user_succeeds_outside() {
    succeed_outside(Way::default().user()).await;
}

async fn succeed_outside(way: Way) {
    let Some(way) = way.possible() else { return };
    let failed: Vec<String> = stream::iter(data::attacks())
        .filter(|attack| std::future::ready(!attack.needs_root_outside || way.is_root()))
        .map(|attack| async move {
            // Each attack harms its surroundings, so each gets its own.
            let outside = Outside::new(way.user);
            outside.control(&attack).await
        })
        .buffer_unordered(2)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(failed.is_empty(), "{} did not succeed outside:\n{}", failed.len(), failed.join("\n"));
}
