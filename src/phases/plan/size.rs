//! Whether a plan can be passed on: as an environment variable by itself, and within the results of jobs as JSON in JSON.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

use crate::domain::{Code, Diagnostic};
use crate::plan::ReleasePlan;

/// The most bytes of an environment variable on Linux, with its name: `MAX_ARG_STRLEN` (`execve(2)`).
const MAX_ARG_STRLEN: usize = 128 << 10;
/// What the name of the variable and the other results of jobs may take, such as the artifacts.
const FOR_OTHERS: usize = 8 << 10;
/// The most bytes of a plan, as a string of JSON.
const MOST: usize = MAX_ARG_STRLEN - FOR_OTHERS;

/// Why nothing can take the plan, if it is too large, and the input that takes most of it.
pub(super) fn too_large(plan: &ReleasePlan) -> Option<Diagnostic> {
    let json = plan.to_json();
    let size = as_string(&json);
    if size <= MOST {
        return None;
    }
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&json).unwrap_or_default();
    let fields = fields.into_iter();
    let sizes = fields.map(|(name, value)| (as_string(value.get()), name));
    let (largest, field) = sizes.max().unwrap_or_default();
    let input = match field.as_str() {
        "full_notes" => "notes".to_owned(),
        other => other.replace('_', "-"),
    };
    Some(Diagnostic::error(
        Code::PlanTooLarge,
        format!(
            "the plan takes {size} bytes in the results of jobs, and {MOST} fit into an environment variable of Linux; \
             {largest} of them are for `{input}`"
        ),
        format!("shorten `{input}`, or give less of it"),
    ))
}

/// The bytes of a text as a string within JSON.
fn as_string(text: &str) -> usize {
    serde_json::to_string(text).map_or(usize::MAX, |json| json.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example;

    #[test]
    fn plan_is_as_large_as_an_environment_variable_at_most() {
        let with = |chars: usize| {
            let force = Some("x".repeat(chars));
            too_large(&example().with(|wanted| wanted.force = force))
        };
        let empty = as_string(
            &example()
                .with(|wanted| wanted.force = Some(String::new()))
                .to_json(),
        );
        let room = MOST - empty;
        assert_eq!(with(room), None);
        let found = with(room + 1).unwrap();
        assert_eq!(found.code, Code::PlanTooLarge);
        let seen = format!(
            "the plan takes {} bytes in the results of jobs, and {MOST} fit into an environment variable of Linux; \
             {} of them are for `force`",
            MOST + 1,
            // With its quotes, which are escaped, and those of the string.
            room + 1 + 4 + 2,
        );
        assert_eq!(found.seen, seen);
    }

    #[test]
    fn input_that_is_large_is_named() {
        let assets = (0..3_000).map(|n| {
            format!("an-asset-with-a-long-name-{n:0>30}")
                .parse()
                .unwrap()
        });
        let assets = assets.collect();
        let found = too_large(&example().with(|wanted| wanted.assets = assets)).unwrap();
        assert_eq!(found.help, "shorten `assets`, or give less of it");
    }
}
