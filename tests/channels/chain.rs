//! One run of a workflow from a bump over the release to a channel, which dies at the end of any of its phases and is run again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use stand_ins::github::{Level, Token};
use tokio::sync::Notify;

use super::interrupted::{Ending, SERVERS, Server, commits_of};
use super::pipeline::Phases;
use super::support::cuts::{Cut, whole_matrices};
use super::support::scene::{Outputs, Run, Scene, TAG, TOKEN};
use super::{BASE, CONFIG, Modules};

const KUSTOMIZATION: &str = "config/manager/kustomization.yaml";

/// How a run dies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Death {
    /// The phase has ended, and its outputs are lost.
    AfterPhase,
    /// The last write of the phase takes effect and is never answered.
    LastWrite(Server, u64),
}

struct RecordedPhase {
    name: String,
    /// The last write to one of the servers, by its number since the phase began.
    last_write: Option<(Server, u64)>,
}

/// A run of the workflow: it records its phases.
struct Workflow<'a> {
    modules: &'a Modules,
    /// The commit that the run began from.
    began: &'a str,
    /// In which phase the run dies.
    death: Option<(usize, Death)>,
    phases: RefCell<Vec<RecordedPhase>>,
    has_died: Cell<bool>,
    killed: Arc<Notify>,
}

impl Phases for Workflow<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        let nth = self.phases.borrow().len();
        let before = SERVERS.map(|server| self.modules.log_and_faults(server).0.last());
        let death = self.death.filter(|(at, _)| *at == nth);
        if let Some((_, Death::LastWrite(server, request))) = death {
            let (log, faults) = self.modules.log_and_faults(server);
            self.has_died.set(true);
            Cut::KilledAfter.plan(log, faults, request, &self.killed);
        }
        let outputs = Phases::phase(&self.modules.scene, run, phase, inputs).await?;
        let mut last_write = None;
        for (server, before) in SERVERS.into_iter().zip(before) {
            let writes = self.modules.log_and_faults(server).0.writes();
            let landed = writes.iter().filter(|entry| entry.landed);
            let number = landed.map(|entry| entry.number).max().unwrap_or_default();
            if number > before {
                last_write = Some((server, number - before));
            }
        }
        let name = phase.to_owned();
        self.phases
            .borrow_mut()
            .push(RecordedPhase { name, last_write });
        if let Some((_, Death::AfterPhase)) = death {
            self.has_died.set(true);
            return Err("died".into());
        }
        Ok(outputs)
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        Phases::build(&self.modules.scene, plan).await
    }
}

impl<'a> Workflow<'a> {
    fn new(modules: &'a Modules, began: &'a str, death: Option<(usize, Death)>) -> Self {
        Self {
            modules,
            began,
            death,
            phases: RefCell::default(),
            has_died: Cell::new(false),
            killed: Arc::default(),
        }
    }

    async fn run(&self, id: u64, attempt: u32) -> Result<(), String> {
        let (run, scene) = (Run { id, attempt }, &self.modules.scene);
        scene.begin(run);
        std::fs::write(scene.folder.path().join("module-config.yaml"), CONFIG).unwrap();
        let ended = tokio::select! {
            ended = self.jobs(run) => ended,
            () = self.killed.notified() => Err("killed".into()),
        };
        scene.end(run);
        ended
    }

    async fn jobs(&self, run: Run) -> Result<(), String> {
        let set = format!("{KUSTOMIZATION}: images[name=controller].newTag = {{version}}");
        let squash = ("merge", "squash");
        let bump = [
            ("version", TAG),
            ("set", &set),
            ("commit", self.began),
            squash,
        ];
        let bumped = self.phase(run, "propose", &bump).await?;
        let scene = &self.modules.scene;
        let commit = ("commit", bumped["commit"].as_str());
        let plan = scene.plan_with(run, self, &[commit]).await?;
        scene.go_on(run, &plan, self).await?;
        let config = ("module-config", "module-config.yaml");
        let submission = [("kind", "submission"), config, squash];
        let promotion = [("kind", "promotion"), ("channel", "fast"), config, squash];
        for inputs in [&submission[..], &promotion] {
            let inputs = self.modules.inputs(inputs);
            let proposed = self.phase(run, "propose", &inputs).await?;
            assert_eq!(proposed["state"], "merged");
        }
        Ok(())
    }
}

/// The module's repository before its bump, with a job token that may open pull requests.
fn fill(scene: &Scene) {
    let token = Token::github_token().with(|rights| {
        rights.attestations = Level::Write;
        rights.pull_requests = Level::Write;
    });
    scene.github.world().token(TOKEN, token);
    let images = "images:\n  - name: controller\n    newTag: '1.1.0'\n";
    scene.repository(|repository| {
        repository.merge_settings.actions_create_pulls = true;
        let files = [(KUSTOMIZATION, Some(images))];
        repository.push(BASE, "ada", "Add the manager", &files);
    });
}

/// What is left of the release, its bump and its way to the channel, without what follows from the time of the bump's merge: the ids of
/// commits, and the digests of the images that are labelled with them. What is in those, the phase `verify` has checked.
#[derive(Debug, PartialEq)]
struct Whole {
    /// The text of the file that the bump changes.
    bumped: String,
    /// The title of each bump, and whether it is merged.
    bumps: Vec<(String, bool)>,
    /// How many commits the base branch has.
    commits: usize,
    /// Each release: tag, whether it is a draft, and the names of its assets.
    releases: Vec<(String, bool, BTreeSet<String>)>,
    refs: Vec<String>,
    /// Each tag of an image.
    images: Vec<String>,
    /// Whether the tag is on the merge of the bump, which is the head of the base branch.
    is_of_bump: bool,
    modules: Ending,
}

impl Whole {
    fn see(modules: &Modules) -> Self {
        let store = modules.scene.registry.store();
        let images = store.repositories.iter().flat_map(|(name, repository)| {
            let tags = repository.tags.keys();
            tags.map(move |tag| format!("{name}:{tag}"))
        });
        let (images, modules_ending) = (images.collect(), modules.ending());
        modules.scene.repository(|repository| {
            let pulls = repository.pulls.values();
            let ours = pulls.filter(|pull| pull.head.starts_with("release/"));
            let (titles, merges): (Vec<_>, Vec<_>) = ours
                .map(|pull| (pull.title.clone(), pull.merge_commit.clone()))
                .unzip();
            let tip = repository.branch_tip(BASE);
            let bumped = repository.file_at(BASE, KUSTOMIZATION).unwrap();
            let releases = repository.releases.values().map(|release| {
                let assets = release.assets.iter().map(|asset| asset.name.clone());
                (release.tag_name.clone(), release.draft, assets.collect())
            });
            let is_merged = merges.iter().map(Option::is_some);
            Self {
                bumped: String::from_utf8(bumped).unwrap(),
                bumps: titles.into_iter().zip(is_merged).collect(),
                commits: commits_of(repository, BASE),
                releases: releases.collect(),
                refs: repository.refs.keys().cloned().collect(),
                images,
                is_of_bump: merges == [repository.tag_commit(TAG)]
                    && repository.tag_commit(TAG) == tip,
                modules: modules_ending,
            }
        })
    }
}

/// Either as another attempt of the same run, or as another run, which begins from the merge of the bump. With `WHOLE_MATRICES` in the
/// environment the run dies in both ways at each phase and is run again in both, otherwise in one.
#[tokio::test]
async fn run_from_a_bump_to_a_channel_that_died_at_any_phase_is_run_again() {
    let scene = Scene::start(|_| ()).await;
    fill(&scene);
    let modules = Modules::of(scene, Duration::ZERO).await;
    let before = modules.before();
    modules.restore(&before).await;
    let began = modules.scene.repository(|repository| repository.tip());
    let undisturbed = Workflow::new(&modules, &began, None);
    undisturbed.run(1, 1).await.unwrap();
    let wanted = Whole::see(&modules);
    assert_eq!(
        wanted.bumps,
        [("Prepare the release v1.2.0".to_owned(), true)]
    );
    assert!(wanted.bumped.contains("'1.2.0'"), "{}", wanted.bumped);
    assert!(wanted.is_of_bump);
    let merged: Vec<_> = wanted.modules.pulls.iter().map(|pull| pull.4).collect();
    assert_eq!(merged, [true, true], "submission and promotion");

    let phases = undisturbed.phases.into_inner();
    for (nth, RecordedPhase { name, last_write }) in phases.iter().enumerate() {
        let last_write = last_write.map(|(server, request)| Death::LastWrite(server, request));
        let deaths = match last_write {
            None => vec![Death::AfterPhase],
            Some(write) if whole_matrices() => vec![Death::AfterPhase, write],
            Some(write) => vec![if nth.is_multiple_of(2) {
                write
            } else {
                Death::AfterPhase
            }],
        };
        for death in deaths {
            for is_anew in [true, false] {
                if !whole_matrices() && is_anew == (nth % 4 < 2) {
                    continue;
                }
                let case = format!("{death:?} in {name}, phase {nth}, anew: {is_anew}");
                modules.restore(&before).await;
                let dying = Workflow::new(&modules, &began, Some((nth, death)));
                let died = dying.run(1, 1).await;
                assert!(died.is_err() && dying.has_died.get(), "{case}: {died:?}");
                let head = modules.scene.repository(|repository| repository.tip());
                let again = if is_anew {
                    Workflow::new(&modules, &head, None).run(2, 1).await
                } else {
                    Workflow::new(&modules, &began, None).run(1, 2).await
                };
                again.unwrap_or_else(|why| panic!("{case}: {why}"));
                assert_eq!(Whole::see(&modules), wanted, "{case}");
            }
        }
    }
    eprintln!("died and run again at each of {} phases", phases.len());
}
