//! The states of artifacts and builders, in tables.

use super::*;
use crate::domain::Code;
use crate::plan::tests::example;
use crate::protocol::{CheckState, SeenAsset};
use crate::release::examples::{asset, foreign_draft, our_draft};

fn watch() -> AwaitOptions {
    AwaitOptions {
        every: Duration::from_secs(10),
        platforms: vec![],
        builders: vec!["post-*-build".parse().unwrap()],
        start_within: Duration::from_mins(2),
    }
}

fn labelled(json: &str) -> Contents {
    Contents {
        labels: serde_json::from_str(json).unwrap(),
        ..Contents::default()
    }
}

fn world(assets: Vec<SeenAsset>, image: SeenImage) -> Seen {
    Seen {
        releases: vec![SeenRelease {
            assets,
            ..our_draft(&example())
        }],
        images: [("binary-image".to_owned(), image)].into(),
        hashed: BTreeMap::new(),
        leading: BTreeMap::new(),
        builders: vec![check("post-image-build", CheckState::Pending)],
        waited: Duration::from_secs(30),
    }
}

fn image(bytes: &[u8], contents: Contents) -> SeenImage {
    SeenImage::Whole(Digest::of(bytes), contents.into())
}

fn assets() -> Vec<SeenAsset> {
    vec![
        asset(1, "template.yaml", b"t"),
        asset(2, "rendered.yaml", b"r"),
    ]
}

fn whole() -> Seen {
    world(assets(), image(b"m", Contents::default()))
}

fn check(name: &str, state: CheckState) -> SeenCheck {
    SeenCheck {
        name: name.into(),
        state,
        description: None,
        url: Some("https://github.example/run".into()),
    }
}

/// What the last of several looks says.
fn looks(seen: &[Seen]) -> Vec<String> {
    let mut before = BTreeMap::new();
    let mut said = vec![];
    for seen in seen {
        let decided = decide(&example(), &watch(), &before, seen);
        before = decided.digests;
        said = match decided.step {
            Step::Wait(waiting) => waiting.on,
            Step::Done(evidence) => vec![evidence.so],
            Step::Blocked(findings) => findings.iter().map(|f| f.code.to_string()).collect(),
            Step::Act(actions) => panic!("{actions:?}"),
        };
    }
    said
}

#[test]
fn ready_is_the_same_digest_in_two_looks() {
    assert_eq!(
        looks(&[whole()]).len(),
        4,
        "all three are seen once, beside the builder"
    );
    assert_eq!(
        looks(&[whole(), whole()]),
        ["all 3 artifacts of v1.2.0 are ready"]
    );
    let moved = world(assets(), image(b"other", Contents::default()));
    let on = looks(&[whole(), moved]);
    assert!(
        on[0].starts_with("image r.example/prod/btp-manager:v1.2.0: "),
        "{on:?}"
    );
}

#[test]
fn what_is_not_whole_is_not_ready() {
    let torn = SeenAsset {
        state: AssetState::Unfinished,
        ..asset(1, "template.yaml", b"t")
    };
    let silent = SeenAsset {
        digest: None,
        ..asset(2, "rendered.yaml", b"r")
    };
    let seen = || {
        world(
            vec![torn.clone(), silent.clone()],
            SeenImage::Incomplete("it has no linux/arm64".into()),
        )
    };
    assert_eq!(
        looks(&[seen(), seen()]),
        [
            "asset rendered.yaml: incomplete, GitHub has not told its digest yet",
            "asset template.yaml: incomplete, its upload is not finished",
            "image r.example/prod/btp-manager:v1.2.0: incomplete, it has no linux/arm64",
            "builder post-image-build: pending",
        ]
    );
    let hashed = || Seen {
        hashed: [(AssetId(2), Digest::of(b"r"))].into(),
        ..world(
            vec![asset(1, "template.yaml", b"t"), silent.clone()],
            image(b"m", Contents::default()),
        )
    };
    assert_eq!(
        looks(&[hashed(), hashed()]).len(),
        1,
        "a digest that is found out counts"
    );
}

#[test]
fn an_image_of_another_build_is_stale() {
    let commit = example().wanted.commit;
    let stale = |contents: Contents| {
        let seen = || world(assets(), image(b"m", contents.clone()));
        looks(&[seen(), seen()]).join("\n")
    };
    let revision = |sha: &str| {
        labelled(&format!(
            r#"{{"org.opencontainers.image.revision":"{sha}"}}"#
        ))
    };
    assert!(
        stale(revision("0000000"))
            .contains("stale, its revision is 0000000, and this release's is 4e4b9d4")
    );
    assert!(!stale(revision(commit.as_str())).contains("stale"));
    let version = |v: &str| {
        stale(labelled(&format!(
            r#"{{"org.opencontainers.image.version":"{v}"}}"#
        )))
    };
    assert!(version("1.1.0").contains("stale, its version is 1.1.0"));
    assert!(!version("v1.2.0").contains("stale") && !version("1.2.0").contains("stale"));
    let source = |s: &str| {
        stale(labelled(&format!(
            r#"{{"org.opencontainers.image.source":"{s}"}}"#
        )))
    };
    assert!(source("https://github.com/kyma-project/keda-manager").contains("stale, its source"));
    assert!(!source("https://github.com/Kyma-project/btp-manager.git").contains("stale"));
}

#[test]
fn a_leftover_is_stale_unless_it_proves_its_commit() {
    let leftover = |contents: Contents| {
        let plan = example();
        let mark = Mark {
            leftovers: [Digest::of(b"m")].into(),
            ..plan.mark(false)
        };
        let seen = || {
            let mut seen = world(assets(), image(b"m", contents.clone()));
            seen.releases[0].body = mark.put("");
            seen
        };
        looks(&[seen(), seen()]).join("\n")
    };
    assert!(
        leftover(Contents::default()).contains("stale, "),
        "the tag of a failed attempt is never taken"
    );
    let same_commit = format!(
        r#"{{"org.opencontainers.image.revision":"{}"}}"#,
        example().commit
    );
    assert_eq!(
        leftover(labelled(&same_commit)),
        "all 3 artifacts of v1.2.0 are ready",
        "the same bytes, built again"
    );
}

#[test]
fn a_builder_that_failed_or_never_came_ends_the_wait() {
    let with = |builders: Vec<SeenCheck>, waited: u64| {
        looks(&[Seen {
            builders,
            waited: Duration::from_secs(waited),
            ..world(vec![], SeenImage::Absent)
        }])
    };
    assert_eq!(
        with(vec![check("post-image-build", CheckState::Failure)], 0),
        [Code::BuilderFailed.as_str()]
    );
    assert_eq!(
        with(vec![check("post-image-build", CheckState::Skipped)], 0),
        [Code::BuilderFailed.as_str()]
    );
    assert_eq!(
        with(vec![check("lint", CheckState::Failure)], 119)
            .last()
            .unwrap(),
        "builder post-*-build: not started"
    );
    assert_eq!(with(vec![], 120), [Code::BuilderNeverStarted.as_str()]);
    let done = || Seen {
        builders: vec![check("post-image-build", CheckState::Failure)],
        ..whole()
    };
    assert_eq!(
        looks(&[done(), done()]).len(),
        1,
        "what is there is there, whatever a builder says of itself"
    );
}

#[test]
fn a_manifest_that_runs_another_binary_image_is_stale() {
    let rendered = |image: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: m}}\nspec: {{containers: [{{name: m, image: {image}}}]}}\n"
        );
        let mut seen = whole();
        seen.leading = [(AssetId(2), text.into())].into();
        seen
    };
    let good = || rendered("r.example/prod/btp-manager:v1.2.0");
    assert_eq!(
        looks(&[good(), good()]),
        ["all 3 artifacts of v1.2.0 are ready"]
    );
    let old = || rendered("r.example/prod/btp-manager:v1.1.0");
    assert_eq!(
        looks(&[old(), old()])[0],
        "asset rendered.yaml: stale, it runs r.example/prod/btp-manager:v1.1.0, and not r.example/prod/btp-manager:v1.2.0"
    );
}

#[test]
fn others_drafts_are_not_waited_for() {
    assert_eq!(
        looks(&[Seen {
            releases: vec![foreign_draft(&example())],
            ..whole()
        }]),
        [Code::DraftForeign.as_str()]
    );
}
