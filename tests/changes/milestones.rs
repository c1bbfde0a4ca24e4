//! The milestone of a release.

use btp_release::domain::Code;
use stand_ins::github::StoredMilestone;

use super::history::{plan, refused, scene};
use super::support::scene::Scene;

async fn with(milestones: &[(&str, &str, &[u64])]) -> Scene {
    scene(|repository| {
        repository
            .publish("v1.0.0")
            .merge("Fix", "ada", &[])
            .merge("Open", "ada", &[]);
        let pull = repository.pulls.get_mut(&2).unwrap();
        "open".clone_into(&mut pull.state);
        pull.merged_at = None;
        for (title, state, items) in milestones {
            repository.milestones.push(StoredMilestone {
                title: (*title).into(),
                state: (*state).into(),
                items: items.to_vec(),
            });
        }
    })
    .await
}

#[tokio::test]
async fn milestone_has_to_exist_or_to_be_closed_and_done() {
    let missing = Some(Code::MilestoneMissing);
    let open = Some(Code::MilestoneOpen);
    for (milestones, exists, closed) in [
        (&[][..], missing, missing),
        (
            &[("1.1.0-rc1", "closed", &[][..]), ("11.1.0", "closed", &[])],
            missing,
            missing,
        ),
        (&[("1.1.0", "open", &[1])], None, open),
        (&[("v1.1.0", "closed", &[1])], None, None),
        (&[("1.1.0", "closed", &[1, 2])], None, open),
        (
            &[("1.1.0", "closed", &[1]), ("v1.1.0", "open", &[])],
            None,
            open,
        ),
    ] {
        let scene = with(milestones).await;
        for (rule, expected) in [("ignore", None), ("exists", exists), ("closed", closed)] {
            let inputs = [("version", "v1.1.0"), ("milestone", rule)];
            let codes = match plan(&scene, &inputs).await {
                Ok(_) => vec![],
                Err(findings) => findings.iter().map(|finding| finding.code).collect(),
            };
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(codes, expected, "{milestones:?} {rule}");
        }
    }
}

#[tokio::test]
async fn open_milestone_is_told_with_what_is_open_in_it() {
    let scene = with(&[("1.1.0", "closed", &[1, 2])]).await;
    let finding = refused(&scene, &[("version", "v1.1.0"), ("milestone", "closed")]).await;
    let page = "https://github.com/kyma-project/btp-manager";
    let served = scene.github.server_url();
    let seen = finding
        .seen
        .replace(&format!("{served}/kyma-project/btp-manager"), page);
    assert_eq!(
        seen,
        format!(
            "the milestone 1.1.0 is closed and has 1 open issues and pull requests: {page}/milestone/1\n  {page}/pull/2"
        )
    );
}
