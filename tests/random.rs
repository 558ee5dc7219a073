//! The engine under random inputs: valid and hostile bytes, any exchange, any order, leaps of time.
//! The world that the bytes steer is the fuzz target's: tests/fuzz/engine.rs.
#![cfg(not(target_arch = "wasm32"))]

use proptest::prelude::*;

#[path = "fuzz/bodies.rs"]
mod bodies;

/// Answers well for a while, with random choices in between: what is deep in a session is reached, too.
fn mostly_well() -> impl Strategy<Value = Vec<u8>> {
    let step = prop_oneof![
        4 => (Just(0_u8), any::<[u8; 8]>()).prop_map(|(well, choices)| [&[well], choices.as_slice()].concat()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(step, 1..60).prop_map(|steps| steps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nobody_hangs_and_nothing_panics(data in prop::collection::vec(any::<u8>(), 0..400)) {
        bodies::engine(&data);
    }

    #[test]
    fn in_a_session_that_goes_well_nobody_hangs_and_nothing_panics(data in mostly_well()) {
        bodies::engine(&data);
    }
}
