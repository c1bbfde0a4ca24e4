//! The text of a release.

use btp_release::domain::Code;
use btp_release::plan::{FULL_NOTES, Mark, NotesSource};
use stand_ins::github::GitRepository;

use super::history::{CONFIG, assert_golden, of_a_module, plan, refused, scene, text, with_config};
use super::support::scene::Scene;

const VERSION: (&str, &str) = ("version", "1.1.0");

fn requests(scene: &Scene) -> usize {
    scene.github.log().filter(|_| true).len()
}

#[tokio::test]
async fn five_hundred_commits_are_all_listed_and_rendered_the_same_again() {
    let scene = scene(|repository| of_a_module(repository, &["kind/feature"])).await;
    for form in ["categories", "commits"] {
        let inputs = [VERSION, ("notes", form)];
        let first = text(&scene, &inputs).await;
        assert_golden(form, &first);
        assert_eq!(text(&scene, &inputs).await, first, "on a re-run");
        // What is merged later changes nothing.
        let tip = scene.repository(|repository| repository.tip());
        scene.repository(|repository| {
            repository.merge("Something later", "newton", &[]);
        });
        let inputs = [VERSION, ("notes", form), ("commit", &tip)];
        assert_eq!(text(&scene, &inputs).await, first, "after another merge");
        scene.repository(|repository| {
            repository
                .refs
                .insert("refs/heads/main".into(), tip.clone());
            repository
                .pulls
                .retain(|_, pull| pull.title != "Something later");
        });
    }
    let by_category = text(&scene, &[VERSION, ("notes", "categories")]).await;
    let listed = by_category.matches("/pull/").count();
    let pulls = scene.repository(|repository| repository.pulls.clone());
    let left_out = |login: &str, labels: &[String]| {
        login == "kyma-bot[bot]" || labels.iter().any(|label| label == "ignore-for-release")
    };
    let expected = pulls
        .range(6..)
        .filter(|(_, pull)| !left_out(&pull.login, &pull.labels))
        .count();
    assert_eq!(
        listed,
        expected + 1,
        "each once, and once more for the new contributor"
    );
    assert!(by_category.contains("* @newton made their first contribution in https://github.com/kyma-project/btp-manager/pull/130\n"));
    assert!(!by_category.contains("@everyone"));
}

#[tokio::test]
async fn two_hundred_commits_cost_at_most_four_requests() {
    let scene = scene(|repository| {
        with_config(repository, CONFIG);
        repository.publish("1.0.0");
        for n in 0..200 {
            repository.merge(
                &format!("Case {n}"),
                &format!("user-{}", n % 60),
                &["kind/bug"],
            );
        }
    })
    .await;
    plan(&scene, &[VERSION, ("notes", "none")]).await.unwrap();
    let without = requests(&scene);
    scene.forget();
    let inputs = [
        VERSION,
        ("notes", "generate categories commits"),
        ("validate-labels", "true"),
    ];
    let all = text(&scene, &inputs).await;
    let more = requests(&scene) - without;
    assert!(more <= 4, "{more}");
    // A line and a first contribution, by category and generated.
    let end = "in https://github.com/kyma-project/btp-manager/pull/60\n";
    assert_eq!(all.matches(end).count(), 2 + 2);
    assert_eq!(all.matches("* Case 59").count(), 3);
}

#[tokio::test]
async fn repository_without_labels_and_configuration_has_one_list() {
    let scene = scene(|repository| {
        repository
            .publish("1.0.0")
            .merge("Read the secret once", "grace", &[])
            .commit("No pull request")
            .merge("Support a proxy", "linus", &["anything"]);
    })
    .await;
    assert_golden(
        "plain",
        &text(&scene, &[VERSION, ("notes", "categories")]).await,
    );
}

#[tokio::test]
async fn first_release_lists_everything() {
    let scene = scene(|repository| {
        repository
            .merge("Add the operator", "ada", &[])
            .merge("Fix it", "ada", &[]);
    })
    .await;
    assert_golden(
        "first",
        &text(&scene, &[VERSION, ("notes", "categories\ncommits")]).await,
    );
    for _ in 0..600 {
        scene.repository(|repository| {
            repository.commit("More");
        });
    }
    let long = text(&scene, &[VERSION, ("notes", "commits")]).await;
    assert_eq!(long.matches("* More by").count(), 500);
    assert!(long.contains("* older commits\n"), "{long}");
    let long = text(&scene, &[VERSION, ("notes", "categories")]).await;
    assert!(
        long.contains("*Older pull requests than those of the newest commits are not listed.*\n"),
        "{long}"
    );
}

#[tokio::test]
async fn parts_stand_in_the_given_order_with_a_text_after_them() {
    let scene = scene(|repository| {
        repository
            .publish("1.0.0")
            .merge("Support a proxy", "linus", &[]);
    })
    .await;
    let folder = scene.folder.path().join("notes-1.1.0.md");
    std::fs::write(&folder, "## Read this first\n\nIt is *important*.\n").unwrap();
    let path = folder.to_str().unwrap().replace("1.1.0", "{version}");
    let file = ("notes-file", path.as_str());
    let notes = [
        VERSION,
        ("notes", "file, generate"),
        file,
        ("notes-append", "Image: `x`"),
    ];
    let seen = text(&scene, &notes).await;
    assert_golden("file-and-generated", &seen);
    let append = ("notes-append", "Only this");
    assert_eq!(
        text(&scene, &[VERSION, ("notes", "none"), append]).await,
        "Only this\n"
    );
    assert_eq!(text(&scene, &[VERSION, ("notes", "none")]).await, "");
    // As before there were parts.
    let whole = "## Read this first\n\nIt is *important*.\n";
    assert_eq!(text(&scene, &[VERSION, file]).await, whole);
    for inputs in [&[VERSION][..], &[VERSION, ("notes", "generate")]] {
        let notes = plan(&scene, inputs).await.unwrap().wanted.notes;
        assert_eq!(notes, NotesSource::Generated);
    }
}

#[tokio::test]
async fn titles_of_others_do_nothing_in_the_text() {
    const HOSTILE: [&str; 8] = [
        "<script>alert(1)</script> <!-- btp-release: {} -->",
        "@everyone @kyma-project/admins look",
        "[click](https://evil.example) ![x](y)",
        "# Heading",
        "1. one\r\n2. two\n* @x",
        "`code` **bold** __x__ ~~y~~ $z$ a|b",
        "\u{202e}desrever &lt;b&gt;",
        "- [ ] task",
    ];
    let scene = scene(|repository| {
        repository.publish("1.0.0");
        for title in HOSTILE {
            repository.merge(title, "ada", &[]);
        }
        repository.commit_by("<img src=x> by nobody", None);
    })
    .await;
    let seen = text(&scene, &[VERSION, ("notes", "categories\ncommits")]).await;
    assert_golden("hostile", &seen);
    assert!(Mark::find(&seen).is_none());
    assert_eq!(seen.matches("@kyma-project").count(), 0);
}

#[tokio::test]
async fn long_notes_are_cut_at_a_line_so_that_the_plan_can_be_passed_on() {
    let scene = scene(|repository| {
        repository.publish("1.0.0");
        for n in 0..900 {
            repository.merge(&format!("\"Case\" {n} {}", "\\".repeat(60)), "ada", &[]);
        }
    })
    .await;
    let inputs = [
        VERSION,
        ("notes", "categories"),
        ("notes-append", "The end"),
    ];
    let plan = plan(&scene, &inputs).await.unwrap();
    let json = plan.to_json();
    assert_eq!(plan.wanted.assets, [FULL_NOTES.parse().unwrap()].into());
    // As it stands in the results of jobs, with room for what `await` says there.
    let size = serde_json::to_string(&json).unwrap().len();
    assert!((90_000..120 << 10).contains(&size), "{size}");
    let NotesSource::Text(text) = plan.wanted.notes else {
        panic!("GitHub is to make it")
    };
    let (lines, end) = text.rsplit_once("/pull/").unwrap();
    assert!(lines.contains("\n* \"Case\" 0 "));
    let (number, end) = end.split_once('\n').unwrap();
    assert!(number.parse::<u64>().unwrap() > 100);
    assert_eq!(
        end,
        "\n*These notes were longer than a plan can hold, and were cut here: the asset full-release-notes.md has all of them, and https://github.com/kyma-project/btp-manager/compare/1.0.0...1.1.0 lists all changes.*\n\nThe end\n"
    );
}

fn on_two_branches(repository: &mut GitRepository) {
    repository
        .merge("Add the operator", "ada", &[])
        .publish("1.0.0")
        .on("release-1.0")
        .on("main")
        .merge("Support a proxy", "newton", &[])
        .publish("1.1.0")
        .on("release-1.0")
        .merge("Support a proxy (back-port)", "newton", &[])
        .merge("Fix the old line", "ada", &[]);
}

#[tokio::test]
async fn back_port_after_a_newer_minor_lists_its_own_branch_only() {
    let scene = scene(on_two_branches).await;
    let patch = text(&scene, &[("version", "1.0.1"), ("notes", "categories")]).await;
    assert_golden("back-port", &patch);
    // From main, the release branch is no part of it, although 1.0.1 would be the newest tag.
    scene.repository(|repository| {
        repository
            .publish("1.0.1")
            .on("main")
            .merge("Go on", "grace", &[]);
    });
    let minor = text(&scene, &[("version", "1.2.0"), ("notes", "categories")]).await;
    assert_golden("after-back-port", &minor);
}

/// Each line of versions has its own previous release, with and without `v`, and whatever other tags are nearer.
#[tokio::test]
async fn long_history_with_several_lines_of_tags_is_compared_within_one_line() {
    let scene = scene(|repository| {
        repository.publish("api/v1.0.0").publish("v0.9.0");
        of_a_module(repository, &["kind/feature"]);
        repository
            .publish("api/1.0.1")
            .merge("Change the API", "ada", &["kind/feature"])
            .publish("v1.0.1")
            .tag("1.0.2-main-940aa64")
            .merge("Fix the manager", "grace", &["kind/bug"]);
    })
    .await;
    let of = async |version, format| {
        let inputs = [("version", version), ("tag-format", format)];
        let notes = ("notes", "categories");
        text(&scene, &[&inputs[..], &[notes]].concat()).await
    };
    let api = of("1.1.0", "api/v{version}").await;
    assert!(api.ends_with("/compare/api/1.0.1...api/v1.1.0\n"), "{api}");
    assert!(api.contains("Change the API") && api.contains("Fix the manager"));
    assert!(!api.contains("Handle case"));
    let manager = of("1.1.0", "{version}").await;
    assert!(manager.ends_with("/compare/v1.0.1...1.1.0\n"), "{manager}");
    assert!(!manager.contains("Change the API") && manager.contains("Fix the manager"));
    // A back-port of the API after its newer version lists the 500 commits since its own line's release.
    let old = of("1.0.1-rc1", "api/v{version}").await;
    assert!(
        old.ends_with("/compare/api/v1.0.0...api/v1.0.1-rc1\n"),
        "{old}"
    );
    assert!(old.matches("/pull/").count() > 300);
}

#[tokio::test]
async fn pull_requests_of_other_branches_that_came_by_a_merge_do_not_count() {
    let scene = scene(|repository| {
        repository
            .publish("1.0.0")
            .on("feature")
            .merge("A step", "ada", &[]);
        let step = repository.tip();
        repository.on("main").merge("Add the feature", "ada", &[]);
        // The merge of the feature branch: its second parent is the step.
        let merge = repository.tip();
        let commit = repository.commits.get_mut(&merge).unwrap();
        commit.parents.push(step);
    })
    .await;
    let seen = text(&scene, &[VERSION, ("notes", "categories")]).await;
    assert!(seen.contains("Add the feature by"), "{seen}");
    assert!(!seen.contains("A step"), "{seen}");
}

#[tokio::test]
async fn what_cannot_be_composed_is_refused() {
    let scene = scene(|repository| {
        with_config(repository, "changelog:\n  categories:\n    - labels: [x]\n");
        repository.publish("1.0.0").merge("Fix", "ada", &[]);
    })
    .await;
    let categories = ("notes", "categories");
    let finding = refused(&scene, &[VERSION, categories]).await;
    assert_eq!(finding.code, Code::ReleaseConfigInvalid);
    assert!(finding.seen.contains("has no title"), "{}", finding.seen);
    for text in [
        "- a",
        "a: [",
        "changelog: {categories: x}",
        "changelog: {exclude: {labels: [yes]}}",
    ] {
        scene.repository(|repository| with_config(repository, text));
        let finding = refused(&scene, &[VERSION, categories]).await;
        assert_eq!(finding.code, Code::ReleaseConfigInvalid, "{text}");
    }
    let missing = ("previous-tag", "0.1.0");
    let finding = refused(&scene, &[VERSION, categories, missing]).await;
    assert_eq!(finding.code, Code::PreviousTagMissing);
}
