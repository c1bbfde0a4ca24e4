//! The ways in which a pull request of ours is merged by the run or by GitHub, and what every one of them ends with.

use std::sync::Arc;

use btp_release::engine::Stop;
use btp_release::protocol::Clock;
use stand_ins::GitHubServer;

use super::support::clock::EventfulClock;
use super::support::scene::{Outputs, REPOSITORY, Run, Scene, SharedClock};
use super::{BRANCH, CONFIG, fill, inputs, pulls, rule, text, tip};

/// Who merges, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The run, at once.
    Squash,
    /// GitHub, once a required check is over.
    Auto,
    /// The merge queue.
    Queue,
}

/// Ends the required check once auto-merge is enabled, so that it never ends before.
fn end_check(github: &GitHubServer) {
    let mut world = github.world();
    let repository = world.repository(REPOSITORY);
    let mut pulls = repository.pulls.values();
    if pulls.any(|pull| pull.auto_merge.is_some()) {
        repository.set_check(BRANCH, "unit", Some("success"));
    }
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Squash, Self::Auto, Self::Queue];

    pub(crate) fn merge(self) -> (&'static str, &'static str) {
        match self {
            Self::Squash => ("merge", "squash"),
            Self::Auto | Self::Queue => ("merge", "auto"),
        }
    }

    /// The same world each time: a repository whose base branch has this way. Returns the head of the base branch.
    pub(crate) async fn fill(self, scene: &Scene) -> String {
        fill(scene).await;
        match self {
            Self::Squash => {}
            Self::Auto => {
                rule(scene, |rule| rule.required_checks = vec!["unit".into()]);
                scene.repository(|it| it.merge_settings.auto_merge = true);
            }
            Self::Queue => rule(scene, |rule| rule.merge_queue = Some("squash".into())),
        }
        scene.seen_by_all().await;
        scene.forget();
        tip(scene, "main").unwrap()
    }

    pub(crate) async fn propose(
        self,
        scene: &Scene,
        id: u64,
        commit: &str,
    ) -> Result<Outputs, Stop> {
        let github = Arc::clone(&scene.github);
        let clock: Arc<dyn Clock> = Arc::new(EventfulClock {
            inner: SharedClock(scene.clock.clone()),
            after_sleep: move |_| end_check(&github),
        });
        let run = Run { id, attempt: 1 };
        let inputs = inputs(&[self.merge(), ("commit", commit)]);
        let folder = scene.folder.path();
        scene
            .phase_at(&clock, folder, run, "propose", &inputs)
            .await
    }
}

/// One pull request, merged once as one commit on the base, and no branch is left.
pub(crate) fn assert_merged_once(scene: &Scene, base: &str, outputs: &Outputs, case: &str) {
    let pulls = pulls(scene);
    assert_eq!(pulls.len(), 1, "{case}");
    let commit = &outputs["commit"];
    assert_eq!(pulls[0].1.merge_commit.as_ref(), Some(commit), "{case}");
    assert_eq!(outputs["state"], "merged", "{case}");
    assert_eq!(tip(scene, "main").as_ref(), Some(commit), "{case}");
    assert_eq!(tip(scene, BRANCH), None, "{case}");
    assert!(text(scene, "main", CONFIG).contains("'1.2.0'"), "{case}");
    scene.repository(|repository| {
        assert_eq!(repository.commits[commit].parents, [base], "{case}");
    });
}
