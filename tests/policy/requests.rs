//! What the rules cost: nothing where nobody asks for them, and the same for any number of releases.

use super::repository::{Repository, repository};

async fn with_releases(others: u32) -> Repository {
    repository(|repository| {
        for n in 0..others {
            let v = if n % 2 == 0 { "v" } else { "" };
            repository.publish(&format!("{v}0.{n}.0"));
        }
        repository
            .publish("1.1.0")
            .on("release-1.1")
            .publish("1.1.1");
        repository.commit("Released now");
    })
    .await
}

/// The requests of `plan` without rules, and with these.
async fn requests(repository: &Repository) -> Vec<usize> {
    let version = ("version", "1.1.2");
    let increment = ("version-policy", "increment");
    let branches = ("branch-pattern", "release-{major}.{minor}\nmain\nhotfix");
    let rules: [&[(&str, &str)]; 7] = [
        &[version],
        &[version, increment],
        &[version, ("version-policy", "newer")],
        &[version, branches],
        &[
            version,
            increment,
            branches,
            ("feature-labels", "kind/feature"),
        ],
        &[version, ("previous-tag", "1.1.0")],
        &[("version", "1.2.0-rc.1"), increment],
    ];
    let mut sent = Vec::new();
    for inputs in rules {
        repository.requests();
        let planned = repository.plan(inputs).await;
        assert_eq!(planned.code, 0, "{inputs:?}: {}", planned.log);
        sent.push(repository.requests());
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_cost_a_request_each_and_only_where_they_are_asked_for() {
    let few = requests(&with_releases(10).await).await;
    let plain = few[0];
    let more: Vec<_> = few
        .iter()
        .map(|sent| sent.wrapping_sub(plain).cast_signed())
        .collect();
    assert_eq!(more, [0, 1, 1, 1, 3, -1, 1], "of {plain}");
    let many = requests(&with_releases(10_000).await).await;
    assert_eq!(many, few, "the same for ten thousand releases");
}
