//! A release of one asset, phase by phase.

use btp_release::domain::Code;
use btp_release::engine::Stop;
use stand_ins::github::{GitHubWorld, GitRepository, Token};

use super::support::scene::{Outputs, REPOSITORY, Run, Scene, TOKEN};

pub(crate) const RUN: Run = Run { id: 1, attempt: 1 };
pub(crate) const ASSET: &str = "a.yaml";

/// A scene that runs on this branch or tag, and whose repository has this history, and nothing else.
pub(crate) async fn scene(reference: &str, seed: impl FnOnce(&mut GitRepository)) -> Scene {
    let mut scene = Scene::start(|_| ()).await;
    scene.reference = reference.to_owned();
    let mut world = GitHubWorld::new();
    world.token(TOKEN, Token::github_token());
    seed(world.repository(REPOSITORY).commit("Initial commit"));
    *scene.github.world() = world;
    scene.seen_by_all().await;
    scene.forget();
    scene
}

impl Scene {
    /// A phase, or the codes of what it was refused for.
    pub(crate) async fn step(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, Vec<Code>> {
        match self.phase(run, phase, inputs).await {
            Ok(outputs) => Ok(outputs),
            Err(Stop::Blocked { findings, .. }) => Err(findings.iter().map(|f| f.code).collect()),
            Err(other) => panic!("{phase}: {other}"),
        }
    }

    /// The tag that `plan` gives out.
    pub(crate) async fn planned(&self, run: Run, inputs: &[(&str, &str)]) -> String {
        self.step(run, "plan", inputs).await.unwrap()["tag"].clone()
    }

    /// From `plan` to `draft`: the plan.
    pub(crate) async fn drafted(
        &self,
        run: Run,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, Vec<Code>> {
        self.begin(run);
        std::fs::write(self.folder.path().join(ASSET), "a").unwrap();
        let inputs = [inputs, &[("assets", ASSET)]].concat();
        let planned = self.step(run, "plan", &inputs).await?;
        self.step(run, "draft", &[("plan", &planned["plan"])])
            .await?;
        Ok(planned)
    }

    /// The whole release: the tag.
    pub(crate) async fn released(
        &self,
        run: Run,
        inputs: &[(&str, &str)],
    ) -> Result<String, Vec<Code>> {
        let planned = self.drafted(run, inputs).await?;
        let plan = ("plan", planned["plan"].as_str());
        self.step(run, "upload", &[plan, ("files", ASSET)]).await?;
        let awaited = self.step(run, "await", &[plan]).await?;
        let artifacts = ("artifacts", awaited["artifacts"].as_str());
        self.step(run, "publish", &[plan, artifacts, ("needs", "none")])
            .await?;
        self.end(run);
        self.seen_by_all().await;
        Ok(planned["tag"].clone())
    }

    /// Everything that was published, by tag, with the commits of the tags.
    pub(crate) fn published(&self) -> Vec<(String, String)> {
        self.repository(|repository| {
            let published = repository.releases.values().filter(|it| !it.draft);
            let at = |tag: &String| repository.tag_commit(tag).unwrap();
            published
                .map(|it| (it.tag_name.clone(), at(&it.tag_name)))
                .collect()
        })
    }

    /// A new commit on the branch, which the next runs are of.
    pub(crate) fn commit(&self) -> String {
        self.repository(|repository| repository.commit("More").tip())
    }
}
