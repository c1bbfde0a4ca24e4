//! A release without faults, recorded before each of its phases: a case with a fault in a later phase need not repeat
//! the earlier ones.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stand_ins::github::WorldSnapshot;
use stand_ins::{EventLog, GitHubEvent, LogEntry};
use tokio::sync::broadcast::Receiver;

use super::matrix::Server;
use super::release::{Ending, Phases, told};
use super::support::scene::{Outputs, Run, Scene};

/// The whole state at the beginning of a phase.
pub(crate) struct Stage {
    pub(crate) phase: String,
    /// How many requests each server had received.
    pub(crate) requests: [u64; 2],
    pub(crate) events: Vec<GitHubEvent>,
    pub(crate) writes: Vec<LogEntry>,
    github: WorldSnapshot,
    registry: BTreeMap<String, stand_ins::registry::StoredRepository>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// Of the phases before.
    outputs: Vec<Outputs>,
}

pub(crate) struct Undisturbed {
    pub(crate) stages: Vec<Stage>,
    pub(crate) requests: [u64; 2],
    pub(crate) whole: Ending,
}

impl Undisturbed {
    /// A release in the current state.
    pub(crate) async fn release(scene: &Scene) -> Self {
        let run = Run { id: 1, attempt: 1 };
        scene.begin(run);
        let recorder = Recorder {
            scene,
            events: RefCell::new(scene.github.events()),
            happened: RefCell::default(),
            outputs: RefCell::default(),
            stages: RefCell::default(),
        };
        scene.release(run, &recorder).await.unwrap();
        scene.end(run);
        Self {
            stages: recorder.stages.into_inner(),
            requests: scene.requests(),
            whole: scene.ending(),
        }
    }

    /// The last stage before a server's request.
    pub(crate) fn before(&self, server: Server, request: u64) -> &Stage {
        let earlier = |stage: &&Stage| stage.requests[server as usize] < request;
        self.stages.iter().rev().find(earlier).unwrap()
    }
}

struct Recorder<'a> {
    scene: &'a Scene,
    events: RefCell<Receiver<GitHubEvent>>,
    happened: RefCell<Vec<GitHubEvent>>,
    outputs: RefCell<Vec<Outputs>>,
    stages: RefCell<Vec<Stage>>,
}

impl Phases for Recorder<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        while let Ok(event) = self.events.borrow_mut().try_recv() {
            self.happened.borrow_mut().push(event);
        }
        let scene = self.scene;
        let logs = [scene.github.log(), scene.registry.log()];
        self.stages.borrow_mut().push(Stage {
            phase: phase.to_owned(),
            requests: scene.requests(),
            events: self.happened.borrow().clone(),
            writes: logs.map(EventLog::writes).concat(),
            github: scene.github.snapshot(),
            registry: scene.registry.store().repositories.clone(),
            files: files_below(scene.folder.path()),
            outputs: self.outputs.borrow().clone(),
        });
        let ended = Scene::phase(scene, run, phase, inputs).await;
        let outputs = ended.map_err(|stop| told(phase, &stop))?;
        self.outputs.borrow_mut().push(outputs.clone());
        Ok(outputs)
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        Phases::build(self.scene, plan).await
    }
}

/// Continues from a recorded stage: earlier steps are not run again.
pub(crate) struct From<'a> {
    scene: &'a Scene,
    stage: &'a Stage,
    told: Cell<usize>,
}

impl<'a> From<'a> {
    pub(crate) fn stage(scene: &'a Scene, stage: &'a Stage) -> Self {
        Self {
            scene,
            stage,
            told: Cell::new(0),
        }
    }
}

impl Phases for From<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        let next = self.told.replace(self.told.get() + 1);
        match self.stage.outputs.get(next) {
            Some(outputs) => Ok(outputs.clone()),
            None => Phases::phase(self.scene, run, phase, inputs).await,
        }
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        if self.stage.outputs.len() > self.told.get() || self.has_built() {
            return Ok(());
        }
        Phases::build(self.scene, plan).await
    }
}

impl From<'_> {
    /// The image is built between the second phase and the third.
    fn has_built(&self) -> bool {
        self.stage.outputs.len() >= 2
    }
}

impl Scene {
    /// How many requests each server has received since the last reset.
    pub(crate) fn requests(&self) -> [u64; 2] {
        [self.github.log(), self.registry.log()].map(|log| log.entries().len() as u64)
    }

    /// Restores the recorded state, and clears everything that is held in memory.
    pub(crate) fn restore(&self, stage: &Stage) {
        self.github.restore(&stage.github);
        self.registry
            .store()
            .repositories
            .clone_from(&stage.registry);
        self.forget();
        self.empty_folder();
        for (path, bytes) in &stage.files {
            let path = self.folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(folder).unwrap().to_owned();
                files.insert(below, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}
