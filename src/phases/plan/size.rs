//! Whether a plan can be passed on: as an environment variable by itself, and within the results of jobs as JSON in JSON.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::domain::{Code, Diagnostic, Digest};
use crate::plan::{Artifact, Artifacts, Awaited, NotesSource, ReleasePlan, Wanted};
use crate::release::notes::LEAST_OF_NOTES;

/// The most bytes of an environment variable on Linux, with its name: `MAX_ARG_STRLEN` (`execve(2)`).
const MAX_ARG_STRLEN: usize = 128 << 10;
/// What the name of the variable and the other results of jobs may take, without plan and artifacts.
const FOR_OTHERS: usize = 8 << 10;
/// The most bytes of a plan, as a string of JSON.
const MOST: usize = MAX_ARG_STRLEN - FOR_OTHERS;
/// What of the plan is not known before the notes are: the tag before, the guarded branch, and what describes the whole text.
const FOR_THE_REST: usize = 2_000;
/// The most bytes of the notes among them: a body on GitHub has fewer characters than a plan could have.
const MOST_OF_NOTES: usize = 100_000;

/// Why nothing can take the plan, if it is too large, and the input that takes most of it.
pub(super) fn too_large(plan: &ReleasePlan) -> Option<Diagnostic> {
    let json = plan.to_json();
    let size = as_string(&json);
    if size <= MOST {
        return None;
    }
    let (largest, input) = largest_input(&json);
    Some(Diagnostic::error(
        Code::PlanTooLarge,
        format!(
            "the plan takes {size} bytes in the results of jobs, and {MOST} fit into an environment variable of Linux; \
             {largest} of them are for `{input}`"
        ),
        format!("shorten `{input}`, or give less of it"),
    ))
}

/// That a job could not be started which is given the plan and the artifacts together, as the results of the jobs before it. It is
/// no reason to refuse: artifacts may be passed on as a file.
pub(super) fn results_too_large(plan: &ReleasePlan) -> Option<Diagnostic> {
    let (of_plan, of_artifacts) = (as_string(&plan.to_json()), cost_of_artifacts(plan));
    let size = of_plan + of_artifacts;
    (size > MOST).then(|| {
        Diagnostic::warning(
            Code::PlanTooLarge,
            format!(
                "the plan and what `await` will say of the artifacts take {size} bytes in the results of jobs, and {MOST} fit into an \
                 environment variable of Linux; {of_artifacts} of them are for the {} artifacts",
                plan.awaited().len()
            ),
            "pack some assets into an archive, or let `publish` read the artifacts from a file and need no job that puts both out",
        )
    })
}

/// What the notes may take of the plan, in bytes of JSON in JSON: it depends on nothing that differs when a run is repeated.
pub(super) fn room_for_notes(wanted: &Wanted) -> usize {
    let wanted = Wanted {
        run: String::new(),
        notes: NotesSource::Text(String::new()),
        ..wanted.clone()
    };
    let plan = ReleasePlan::complete(wanted, None, None);
    let without_artifacts = MOST.saturating_sub(as_string(&plan.to_json()) + FOR_THE_REST);
    let room = without_artifacts.saturating_sub(cost_of_artifacts(&plan));
    let room = if room < LEAST_OF_NOTES {
        // They are so many that they are passed on as a file.
        without_artifacts
    } else {
        room
    };
    room.min(MOST_OF_NOTES)
}

/// The field of the plan that takes most, as the input that it comes from.
fn largest_input(plan: &str) -> (usize, String) {
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(plan).unwrap_or_default();
    let fields = fields.into_iter();
    let sizes = fields.map(|(name, value)| (as_string(value.get()), name));
    let (largest, field) = sizes.max().unwrap_or_default();
    let input = match field.as_str() {
        "full_notes" => "notes".to_owned(),
        other => other.replace('_', "-"),
    };
    (largest, input)
}

/// The bytes of the artifacts as `await` will put them out, as a string of JSON, with numbers as large as they usually are.
fn cost_of_artifacts(plan: &ReleasePlan) -> usize {
    const SIZE: u64 = 1 << 30;
    const WAITED: u64 = 1_000;
    const READY_AT: Option<u64> = Some(2_000_000_000);
    let digest = Digest::of(b"");
    let platform = || "linux/amd64".to_owned();
    let artifacts = plan.awaited().into_iter().map(|awaited| {
        let name = awaited.name().to_owned();
        let artifact = match awaited {
            Awaited::Asset(_) => Artifact::Asset {
                digest,
                size: SIZE,
                waited: WAITED,
                ready_at: READY_AT,
            },
            Awaited::Image { image, .. } => Artifact::Image {
                digest,
                image: image.repository().pinned(digest),
                tagged: image,
                platforms: vec![platform(), platform()],
                size: SIZE,
                waited: WAITED,
                expected: true,
                ready_at: READY_AT,
            },
        };
        (name, artifact)
    });
    as_string(&Artifacts::from(artifacts.collect::<BTreeMap<_, _>>()).to_json())
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
    fn artifacts_take_their_part() {
        let with = |assets: usize| {
            let names = (0..assets).map(|n| format!("asset-{n:0>3}.yaml").parse().unwrap());
            let names = names.collect();
            example().with(|wanted| wanted.assets = names)
        };
        assert_eq!(results_too_large(&with(500)), None);
        let plan = with(600);
        assert_eq!(too_large(&plan), None);
        let found = results_too_large(&plan).unwrap();
        assert!(!found.is_error());
        assert!(found.seen.ends_with("for the 601 artifacts"), "{found}");
        // The notes leave them their place.
        let room = |assets| room_for_notes(&with(assets).wanted);
        assert_eq!(room(3), MOST_OF_NOTES);
        for assets in [100, 300, 490] {
            let text = "x".repeat(room(assets));
            let plan = with(assets).with(|wanted| wanted.notes = NotesSource::Text(text));
            assert_eq!(results_too_large(&plan), None, "{assets}");
        }
        assert!(room(300) > 50_000 && room(490) < 20_000);
        assert_eq!(room(600), MOST_OF_NOTES);
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
