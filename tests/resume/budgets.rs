//! The requests that each phase sends for a release of three assets and two images, counted by the stand-ins. A phase that
//! asks more than its budget fails the test, and its requests are printed.
//!
//! `cargo test --test resume budgets -- --nocapture` prints those of every phase.

use std::cell::RefCell;
use std::fmt::Write as _;

use btp_release::plan::ReleasePlan;
use btp_release::report::RequestCost;
use stand_ins::{EventLog, LogEntry, Service};

use super::release::{Phases, told};
use super::support::scene::{ActsAs, LATE, Outputs, Run, Scene, TAG};

/// The most requests of a phase.
#[derive(Clone, Copy)]
struct Budget {
    phase: &'static str,
    /// To all hosts of GitHub: its API, uploads, and where the bytes of assets are stored.
    github: usize,
    registry: usize,
}

const fn budget(phase: &'static str, github: usize, registry: usize) -> Budget {
    Budget {
        phase,
        github,
        registry,
    }
}

/// A release from its plan to its publication.
const FIRST: [Budget; 9] = [
    // One of them asks GitHub whether its notes fit into the body of a release.
    budget("plan", 6, 0),
    budget("draft", 14, 2),
    // Whether the tag is there, two requests for each of five blobs, the manifest, and the tag again.
    budget("build-module", 0, 13),
    budget("upload", 6, 0),
    budget("await", 7, 13),
    budget("fetch-module", 0, 5),
    budget("record-tests", 6, 0),
    // Whether every part of the images exists is asked before anything is written, and right before publishing.
    budget("publish", 30, 20),
    budget("verify", 5, 11),
];

/// Another run after the release was published.
const SECOND: [Budget; 9] = [
    budget("plan", 7, 0),
    budget("draft", 4, 0),
    budget("build-module", 0, 2),
    budget("upload", 2, 0),
    budget("await", 7, 13),
    budget("fetch-module", 0, 5),
    budget("record-tests", 3, 0),
    budget("publish", 9, 11),
    budget("verify", 5, 11),
];

/// The phases in which a late tag is not, or is, created: exactly as many requests.
const LATE_TAG: [Budget; 2] = [budget("draft", 13, 2), budget("publish", 31, 20)];

/// The same for a draft that is left to a person, and again once it is there.
const LEFT: [Budget; 2] = [budget("publish", 24, 20), budget("publish", 13, 11)];

/// The requests of one phase.
struct Sent {
    phase: String,
    github: Vec<LogEntry>,
    registry: Vec<LogEntry>,
    /// The output of `plan`.
    plan: Option<String>,
}

/// Runs the phases, and keeps the requests of each.
struct Counting<'a> {
    scene: &'a Scene,
    sent: RefCell<Vec<Sent>>,
}

impl<'a> Counting<'a> {
    fn on(scene: &'a Scene) -> Self {
        Self {
            scene,
            sent: RefCell::default(),
        }
    }

    /// The whole release; returns the requests of each phase.
    async fn release(self, run: Run) -> Vec<Sent> {
        self.scene.begin(run);
        self.scene.release(run, &self).await.unwrap();
        self.scene.end(run);
        self.sent.into_inner()
    }
}

impl Phases for Counting<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        let logs = [self.scene.github.log(), self.scene.registry.log()];
        let before = logs.map(EventLog::last);
        let ended = Scene::phase(self.scene, run, phase, inputs).await;
        let [github, registry] = [0, 1].map(|n: usize| {
            let after = before[n];
            logs[n].filter(|entry| entry.number > after)
        });
        self.sent.borrow_mut().push(Sent {
            phase: phase.to_owned(),
            github,
            registry,
            plan: ended
                .as_ref()
                .ok()
                .and_then(|ended| ended.get("plan"))
                .cloned(),
        });
        ended.map_err(|stop| told(phase, &stop))
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        Phases::build(self.scene, plan).await
    }
}

impl Sent {
    /// One line for each request, as it was sent.
    fn listed(&self) -> String {
        let mut lines = String::new();
        for entry in self.github.iter().chain(&self.registry) {
            let host = match entry.service {
                Service::Api | Service::Registry => "",
                Service::Upload => " (uploads)",
                Service::Web => " (web)",
                Service::Storage => " (storage)",
                Service::Token => " (tokens)",
                Service::Oidc | Service::Fulcio | Service::Timestamp | Service::Rekor => {
                    " (signing)"
                }
            };
            let _ = writeln!(
                lines,
                "    {} {}{host} {:?}",
                entry.method, entry.path, entry.status
            );
        }
        lines
    }

    fn exceeds(&self, budget: Budget) -> bool {
        self.github.len() > budget.github || self.registry.len() > budget.registry
    }
}

/// Prints all phases, and returns those that exceed their budget.
fn check(run: &str, all: &[Sent], budgets: &[Budget]) -> Vec<String> {
    let mut exceeded = Vec::new();
    let mut total = [0, 0];
    for sent in all {
        let budget = budgets.iter().find(|budget| budget.phase == sent.phase);
        let budget = *budget.unwrap_or_else(|| panic!("{} has no budget", sent.phase));
        total = [total[0] + sent.github.len(), total[1] + sent.registry.len()];
        let counts = format!(
            "{run}, {}: {} of {} to GitHub, {} of {} to the registry",
            sent.phase,
            sent.github.len(),
            budget.github,
            sent.registry.len(),
            budget.registry,
        );
        eprintln!("{counts}\n{}", sent.listed());
        if sent.exceeds(budget) {
            exceeded.push(counts);
        }
    }
    eprintln!(
        "{run}: {} to GitHub, {} to the registry",
        total[0], total[1]
    );
    exceeded
}

/// What `plan` says of the cost.
fn told_cost(all: &[Sent]) -> RequestCost {
    let plan = all.iter().find_map(|sent| sent.plan.as_deref()).unwrap();
    RequestCost::of(&ReleasePlan::from_json(plan, None).unwrap())
}

/// From the draft to the published release, with one leg.
fn sent_cost(all: &[Sent]) -> RequestCost {
    let counted = [
        "draft",
        "upload",
        "await",
        "fetch-module",
        "record-tests",
        "publish",
    ];
    let of = counted.map(|phase| all.iter().find(|sent| sent.phase == phase));
    let of: Vec<_> = of.into_iter().flatten().collect();
    RequestCost {
        github: of.iter().map(|sent| sent.github.len()).sum(),
        registry: of.iter().map(|sent| sent.registry.len()).sum(),
    }
}

#[tokio::test]
async fn each_phase_stays_within_its_budget_of_requests() {
    let scene = Scene::start(|_| ()).await;
    let first = Counting::on(&scene)
        .release(Run { id: 1, attempt: 1 })
        .await;
    let mut exceeded = check("first run", &first, &FIRST);
    assert_eq!(told_cost(&first), sent_cost(&first));
    let second = Counting::on(&scene)
        .release(Run { id: 2, attempt: 1 })
        .await;
    exceeded.extend(check("second run", &second, &SECOND));
    let wrote = second
        .iter()
        .flat_map(|sent| sent.github.iter().chain(&sent.registry))
        .filter(|entry| entry.landed);
    let wrote: Vec<_> = wrote.collect();
    assert!(wrote.is_empty(), "the second run wrote: {wrote:#?}");
    assert_eq!(exceeded, [""; 0]);
}

#[tokio::test]
async fn phase_of_an_app_sends_three_more_requests_for_its_token() {
    let mut scene = Scene::start(|_| ()).await;
    scene.acts_as = ActsAs::App;
    let first = Counting::on(&scene)
        .release(Run { id: 1, attempt: 1 })
        .await;
    // The installation, the token, and its end.
    let more = |budget: Budget| if budget.github > 0 { 3 } else { 0 };
    let budgets = FIRST.map(|budget| Budget {
        github: budget.github + more(budget),
        ..budget
    });
    assert_eq!(check("as an App", &first, &budgets), [""; 0]);
}

#[tokio::test]
async fn late_tag_costs_one_request_in_publish_and_saves_one_in_draft() {
    let scene = Scene::start(|_| ()).await.tagging(LATE);
    let sent = Counting::on(&scene)
        .release(Run { id: 1, attempt: 1 })
        .await;
    for budget in LATE_TAG {
        let phase = sent.iter().find(|sent| sent.phase == budget.phase).unwrap();
        let counts = (phase.github.len(), phase.registry.len());
        let listed = phase.listed();
        assert_eq!(
            counts,
            (budget.github, budget.registry),
            "{}\n{listed}",
            budget.phase
        );
    }
}

#[tokio::test]
async fn draft_that_is_left_costs_as_many_requests_as_its_budget() {
    let scene = Scene::start(|_| ()).await.tagging(LATE).leaving_the_draft();
    for budget in LEFT {
        let by = Counting::on(&scene);
        let run = Run { id: 1, attempt: 1 };
        scene.begin(run);
        let ended = scene.release(run, &by).await;
        assert!(ended.is_err(), "there is nothing to verify");
        let sent = by.sent.into_inner();
        let publish = sent.iter().find(|sent| sent.phase == "publish").unwrap();
        let counts = (publish.github.len(), publish.registry.len());
        assert_eq!(
            counts,
            (budget.github, budget.registry),
            "{}",
            publish.listed()
        );
    }
}

/// The requests of `plan` and `publish` in a repository with so many other releases.
async fn with_releases(others: u32) -> [usize; 2] {
    let scene = Scene::start(|_| ()).await;
    scene.repository(|repository| {
        for n in 0..others {
            // Half of them without `v`: all are one line.
            let v = if n % 2 == 0 { "v" } else { "" };
            repository.publish(&format!("{v}0.{n}.0"));
        }
        // The one before this release; GitHub shows it as the latest.
        repository.publish("v1.1.5");
    });
    for name in ["template.yaml", "rendered.yaml"] {
        std::fs::write(scene.folder.path().join(name), name).unwrap();
    }
    let run = Run { id: 1, attempt: 1 };
    let names = "template.yaml\nrendered.yaml";
    let by = Counting::on(&scene);
    let phase = async |phase: &str, inputs: &[(&str, &str)]| {
        Phases::phase(&by, run, phase, inputs).await.unwrap()
    };
    let planned = phase("plan", &[("version", TAG), ("assets", names)]).await;
    assert_eq!(planned["previous-tag"], "v1.1.5");
    let plan = ("plan", planned["plan"].as_str());
    phase("draft", &[plan]).await;
    phase("upload", &[plan, ("files", names)]).await;
    let awaited = phase("await", &[plan]).await;
    let artifacts = ("artifacts", awaited["artifacts"].as_str());
    let published = phase("publish", &[plan, artifacts, ("needs", "none")]).await;
    assert_eq!(published["is-latest"], "true");
    let sent = by.sent.borrow();
    let told = told_cost(&sent);
    let cost = sent_cost(&sent);
    // No leg was recorded, and without one publish reads no statuses, three times. No image is there.
    assert_eq!((told.github - 6 - 3, told.registry), (cost.github, 0));
    ["plan", "publish"].map(|name| {
        let of = sent.iter().find(|sent| sent.phase == name).unwrap();
        eprintln!("{others} releases, {name}: {}", of.github.len());
        of.github.len()
    })
}

#[tokio::test]
async fn plan_and_publish_send_as_many_requests_for_ten_releases_as_for_ten_thousand() {
    let few = with_releases(10).await;
    let many = with_releases(10_000).await;
    assert_eq!(few, many, "plan and publish");
}
