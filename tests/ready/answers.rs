//! What is answered, and that `plan` agrees.

use btp_release::domain::Code;
use btp_release::engine::Stop;
use stand_ins::github::{StoredRun, Token};
use stand_ins::{Fault, Pattern};

use super::support::scene::{Scene, TOKEN};
use super::{RUN, answer, codes, module, ready, scene, versions};

#[tokio::test]
async fn next_versions_follow_the_highest_published_release() {
    let scene = scene(|repository| {
        module(repository);
        // Neither a tag without a release nor a draft is published.
        repository.tag("v1.9.0").tag("junk").draft("v1.8.0");
    })
    .await;
    let json = answer(&scene, &[]).await;
    assert_eq!(
        versions(&json),
        ["v1.2.1 patch", "v1.3.0 minor", "v2.0.0 major"]
    );
    assert_eq!(
        (json["state"].as_str(), codes(&json["findings"]).len()),
        (Some("ready"), 0)
    );
    assert_eq!(json["last_release"], "v1.2.0");
    assert_eq!(json["branch"], "main");
    let changes = &json["changes"];
    assert_eq!(changes["since"], "v1.2.0");
    let counts =
        ["commits", "authors", "pull_requests"].map(|name| changes[name].as_u64().unwrap());
    assert_eq!(counts, [2, 2, 2]);
    assert_eq!(changes["newest"][0]["title"], "Read the secret once");
    assert_eq!(
        changes["newest"][1]["url"],
        "https://github.com/kyma-project/btp-manager/pull/2"
    );
}

#[tokio::test]
async fn first_release_may_be_any() {
    let scene = scene(|repository| {
        repository.merge("Begin", "ada", &["kind/feature"]);
    })
    .await;
    let json = answer(&scene, &[("tag-format", "api/v{version}")]).await;
    assert_eq!(versions(&json), ["api/v0.1.0 first", "api/v1.0.0 first"]);
    assert_eq!(json["state"], "ready");
    assert!(json["last_release"].is_null());
}

#[tokio::test]
async fn first_release_says_that_older_labels_were_not_validated() {
    let scene = scene(|repository| {
        repository
            .merge("Without a label", "ada", &[])
            .tag("begin")
            .merge("With one", "ada", &["kind/feature"]);
        for _ in 0..510 {
            repository.commit("More");
        }
    })
    .await;
    let rules = [("validate-labels", "true")];
    let json = answer(&scene, &rules).await;
    assert_eq!(versions(&json), ["0.1.0 first", "1.0.0 first"]);
    for version in json["next_versions"].as_array().unwrap() {
        assert_eq!(codes(&version["warnings"]), ["labels-unchecked"]);
    }
    let message = json["next_versions"][0]["warnings"][0]["message"].as_str();
    assert!(message.unwrap().contains("newest 500 commits only"));
    // All commits since a tag are read, and what is not asked for is not missed.
    let since = [rules[0], ("previous-tag", "begin")];
    for inputs in [&since[..], &[]] {
        let json = answer(&scene, inputs).await;
        assert_eq!(codes(&json["next_versions"][0]["warnings"]), [""; 0]);
    }
}

#[tokio::test]
async fn release_branch_gets_the_next_patch_of_its_minor_version() {
    let scene = scene(|repository| {
        module(repository);
        repository
            .on("release-1.2")
            .merge("Fix it there", "ada", &["kind/bug"]);
        repository.on("main").tag("v1.3.0").publish("v1.3.0");
    })
    .await;
    let json = answer(&scene, &[("branch", "release-1.2")]).await;
    assert_eq!(versions(&json), ["v1.2.1 patch"]);
    assert_eq!(json["changes"]["since"], "v1.2.0");
    assert_eq!(versions(&answer(&scene, &[]).await)[0], "v1.3.1 patch");
    let Err(Stop::Blocked { findings }) = ready(&scene, &[("branch", "nowhere")]).await else {
        panic!("answered for a branch that does not exist");
    };
    assert_eq!(findings[0].code, Code::BranchMissing);
}

/// What `ready` allows, `plan` plans; what it does not, `plan` refuses for the same reasons.
#[tokio::test]
async fn plan_agrees_with_every_answer() {
    let rules: [&[(&str, &str)]; 7] = [
        &[],
        &[
            ("version-policy", "increment"),
            ("feature-labels", "kind/feature"),
        ],
        &[
            ("branch-pattern", "release-{major}.{minor}\nrelease-2"),
            ("minor-from-main", "true"),
        ],
        &[("branch-pattern", "release-{major}.{minor}")],
        &[("validate-labels", "true")],
        &[("milestone", "exists")],
        &[("validate-labels", "true"), ("milestone", "closed")],
    ];
    let scene = scene(|repository| {
        module(repository);
        repository.merge("Without a label", "newton", &[]);
        let elsewhere = repository.tip();
        // A stray tag, a version in the other spelling, and a draft of somebody.
        repository.commit("More");
        repository.refs.insert("refs/tags/v1.2.1".into(), elsewhere);
        repository.tag("2.0.0").draft("v1.3.0");
    })
    .await;
    let mut refused = 0;
    for rules in rules {
        let json = answer(&scene, rules).await;
        for version in json["next_versions"].as_array().unwrap() {
            let tag = version["tag"].as_str().unwrap();
            let inputs = [&[("version", tag)], rules].concat();
            let mut expected = codes(&json["findings"]);
            expected.extend(codes(&version["findings"]));
            expected.sort();
            let mut seen: Vec<_> = match scene.phase(RUN, "plan", &inputs).await {
                Ok(_) => vec![],
                Err(Stop::Blocked { findings }) => findings
                    .iter()
                    .map(|finding| finding.code.to_string())
                    .collect(),
                Err(other) => panic!("{other}"),
            };
            seen.sort();
            assert_eq!(seen, expected, "{tag} {rules:?}");
            assert_eq!(version["allowed"], seen.is_empty(), "{tag} {rules:?}");
            refused += usize::from(!seen.is_empty());
        }
    }
    assert!(refused > 6, "{refused}");
}

/// What is the same for all versions is read once.
#[tokio::test]
async fn three_versions_cost_two_requests_more_than_one() {
    let scene = scene(|repository| {
        module(repository);
        for n in 0..120 {
            repository.merge(&format!("Case {n}"), "ada", &["kind/bug"]);
        }
        repository.on("release-1.2").commit("Fix");
    })
    .await;
    let sent = async |inputs: &[(&str, &str)]| {
        scene.forget();
        let json = answer(&scene, inputs).await;
        (versions(&json).len(), scene.github.log().entries().len())
    };
    let rules = [
        ("validate-labels", "true"),
        ("feature-labels", "kind/feature"),
    ];
    let on = |branch| [&[("branch", branch)], &rules[..]].concat();
    let (one, patch) = sent(&on("release-1.2")).await;
    let (three, all) = sent(&on("main")).await;
    assert_eq!((one, three), (1, 3));
    // The releases of each tag.
    assert_eq!(all - patch, 2, "{patch} and {all}");
    // Labels and features take no read of their own.
    assert_eq!(sent(&[]).await.1, all);
}

#[tokio::test]
async fn missing_milestone_is_one_reason() {
    let scene = scene(module).await;
    let json = answer(&scene, &[("milestone", "exists")]).await;
    let summary = json["summary"].as_str().unwrap();
    assert!(summary.ends_with("there is 1 reason"), "{summary}");
    assert_eq!(versions(&json)[0], "v1.2.1 patch milestone-missing");
}

#[tokio::test]
async fn labels_and_stray_tags_are_in_the_way_of_what_they_concern() {
    let scene = scene(|repository| {
        module(repository);
        let elsewhere = repository.tip();
        repository.merge("Without a label", "newton", &[]);
        repository.refs.insert("refs/tags/v1.2.1".into(), elsewhere);
    })
    .await;
    let json = answer(&scene, &[("validate-labels", "true")]).await;
    assert_eq!(json["state"], "not-ready");
    assert_eq!(
        codes(&json["findings"]),
        ["labels-invalid"],
        "once for all versions"
    );
    let message = json["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.ends_with("https://github.com/kyma-project/btp-manager/pull/4 has none"),
        "{message}"
    );
    assert_eq!(versions(&json)[0], "v1.2.1 patch tag-elsewhere");
    scene.repository(|repository| {
        repository.pulls.get_mut(&4).unwrap().labels = vec!["kind/bug".into()];
    });
    let json = answer(&scene, &[("validate-labels", "true")]).await;
    assert_eq!(json["state"], "ready", "another version is possible");
    assert_eq!(json["next_versions"][0]["allowed"], false);
}

fn workflow_run(scene: &Scene, id: u64, name: &str, status: &str, conclusion: Option<&str>) {
    scene.repository(|repository| {
        let run = StoredRun {
            id,
            name: name.into(),
            head_sha: repository.tip(),
            status: status.into(),
            conclusion: conclusion.map(str::to_owned),
            ..StoredRun::default()
        };
        repository.runs.insert(id, run);
    });
}

#[tokio::test]
async fn checks_at_the_head_have_to_be_green() {
    let scene = scene(module).await;
    // The run that asks is still running, and its name is of no check that matters.
    workflow_run(&scene, RUN.id, "Can we release?", "in_progress", None);
    scene.repository(|repository| {
        repository
            .check("unit", "success")
            .status("btp-release/e2e/k3s", "failure");
    });
    assert_eq!(answer(&scene, &[]).await["state"], "ready");
    workflow_run(&scene, 170, "Build", "in_progress", None);
    let json = answer(&scene, &[]).await;
    assert_eq!(codes(&json["findings"]), ["check-not-green"]);
    let message = json["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the check Build is pending at "),
        "{message}"
    );
    assert_eq!(json["checks"]["pending"], 1);
    workflow_run(&scene, 170, "Build", "completed", Some("failure"));
    let json = answer(&scene, &[]).await;
    assert_eq!(
        (&json["checks"]["failed"], json["state"].as_str()),
        (&1.into(), Some("not-ready"))
    );
    for (required, expected) in [
        ("unit", &[][..]),
        ("unit\nlint", &["check-missing"]),
        ("*", &["check-not-green"]),
    ] {
        let json = answer(&scene, &[("required-checks", required)]).await;
        assert_eq!(codes(&json["findings"]), expected, "{required}");
    }
}

#[tokio::test]
async fn contents_read_is_enough() {
    let scene = scene(module).await;
    scene.github.world().token(TOKEN, Token::read_only());
    let json = answer(
        &scene,
        &[("validate-labels", "true"), ("milestone", "ignore")],
    )
    .await;
    assert_eq!(json["state"], "ready");
    assert_eq!(codes(&json["not_known"]).len(), 0);
    let note = json["notes"][0].as_str().unwrap();
    assert!(note.contains("drafts are not visible"), "{note}");
    assert_eq!(scene.github.log().writes().len(), 0);
}

#[tokio::test]
async fn what_may_not_be_read_is_named_and_nothing_is_taken_for_green() {
    let scene = scene(module).await;
    scene
        .github
        .faults()
        .when(Pattern::path("check-runs"), usize::MAX, Fault::Status(403));
    let json = answer(&scene, &[]).await;
    assert_eq!(json["state"], "unknown");
    assert_eq!(codes(&json["not_known"]), ["access-denied"]);
    assert!(json["checks"].is_null());
    scene.repository(|repository| {
        repository.merge("Without a label", "newton", &[]);
    });
    let json = answer(&scene, &[("validate-labels", "true")]).await;
    assert_eq!(json["state"], "not-ready", "what is known decides");
    scene.github.faults().clear();
    scene
        .github
        .faults()
        .when(Pattern::path("check-runs"), usize::MAX, Fault::Status(401));
    assert!(
        matches!(ready(&scene, &[]).await, Err(Stop::Service(_))),
        "a wrong token is an error"
    );
}

#[tokio::test]
async fn rules_for_versions_decide_which_are_possible() {
    let scene = scene(|repository| {
        module(repository);
        repository.on("release-1.2").commit("Fix");
        repository.on("main").commit("Go on");
    })
    .await;
    let features = [("feature-labels", "kind/feature")];
    assert_eq!(
        versions(&answer(&scene, &features).await),
        [
            "v1.2.1 patch feature-in-patch",
            "v1.3.0 minor",
            "v2.0.0 major"
        ]
    );
    let branches = [
        ("branch-pattern", "release-{major}.{minor}"),
        ("minor-from-main", "true"),
    ];
    let json = answer(&scene, &branches).await;
    assert_eq!(
        versions(&json),
        ["v1.2.1 patch branch-wrong", "v1.3.0 minor", "v2.0.0 major"]
    );
    assert_eq!(json["state"], "ready");
    let json = answer(
        &scene,
        &[branches[0], branches[1], ("branch", "release-1.2")],
    )
    .await;
    assert_eq!(versions(&json), ["v1.2.1 patch"]);
}
