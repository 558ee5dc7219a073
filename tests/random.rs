//! The engine under random inputs: valid and hostile bytes, any exchange, any order, leaps of time.
//! The world that the bytes steer is the fuzz target's: tests/fuzz/engine.rs. And the codec under random JSON.
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

/// JSON in any dress: white space, escapes, names that count, brackets in strings.
fn json() -> impl Strategy<Value = String> {
    let space = || prop::sample::select(vec!["", "", " ", "\n\t", "\r"]);
    let words = prop_oneof![
        prop::sample::select(vec![
            "taskId", "status", "working", "task", "id", "tasks", "tools", "_meta", "]}", "\\\"", "a"
        ]),
        prop::sample::select(vec!["\\u0061", "\\ud83d\\ude00", "\\n", "\\/", "é", "", "\\udc00", "{[,:"]),
    ];
    let text = prop::collection::vec(words, 0..3).prop_map(|words| format!("\"{}\"", words.concat()));
    let number = prop_oneof![any::<i64>().prop_map(|n| n.to_string()), any::<f64>().prop_map(|n| format!("{n:e}"))];
    let word = prop::sample::select(vec!["null", "true", "false", "0", "-0", "1e999"]).prop_map(ToOwned::to_owned);
    let leaf = prop_oneof![4 => text.clone(), 2 => number, 2 => word];
    leaf.prop_recursive(5, 40, 6, move |value| {
        let spaced = (space(), value, space()).prop_map(|(before, value, after)| [before, &value, after].concat());
        let member = (space(), text.clone(), space(), spaced.clone())
            .prop_map(|(before, name, after, value)| [before, &name, after, ":", &value].concat());
        prop_oneof![
            prop::collection::vec(spaced, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_hangs_or_panics_the_engine(data in prop::collection::vec(any::<u8>(), 0..400)) {
        bodies::engine(&data);
    }

    #[test]
    fn valid_session_does_not_hang_or_panic(data in mostly_well()) {
        bodies::engine(&data);
    }

    #[test]
    fn any_json_is_read_as_serde_json_reads_it(text in json()) {
        bodies::json(text.as_bytes());
    }

    #[test]
    fn json_fragments_are_read_as_by_serde_json(text in json(), from in 0..40_usize, to in 0..40_usize) {
        let cut = text.get(from.min(text.len())..text.len().saturating_sub(to)).unwrap_or_default();
        bodies::json(cut.as_bytes());
    }
}
