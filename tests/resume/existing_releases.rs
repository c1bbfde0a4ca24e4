//! Every case of the table in `docs/replace.md` with the real phases: they do what it says, write nothing where it
//! refuses, and leave all foreign objects unchanged.

use std::collections::BTreeMap;

use btp_release::domain::{Code, Digest};
use btp_release::engine::Stop;
use btp_release::plan::{EVIDENCE, Mark, ReleasePlan, TagWhen};
use btp_release::release::existing_release::{
    Decision, ExistingRelease, ReplacePolicy, TagState, decision,
};
use stand_ins::GitHubEvent;
use stand_ins::github::{GitRepository, StoredAsset, StoredRelease};

use super::release::told;
use super::support::scene::{ASSETS, LATE, REPOSITORY, Run, Scene, TAG};

const ME: Run = Run { id: 20, attempt: 1 };
const EARLIER: &str = "7";
const REF: &str = "refs/tags/v1.2.0";

#[derive(Clone, Copy, Debug)]
struct Case {
    policy: ReplacePolicy,
    there: ExistingRelease,
    tag: TagState,
}

fn cases() -> Vec<Case> {
    let of = |policy| {
        ExistingRelease::ALL
            .into_iter()
            .flat_map(move |there| there.tags().map(move |tag| Case { policy, there, tag }))
    };
    ReplacePolicy::ALL.into_iter().flat_map(of).collect()
}

/// A release of the tag, and what makes it what it is.
struct PlacedRelease {
    ours: bool,
    draft: bool,
    immutable: bool,
    run: String,
    commit: String,
    plan: Digest,
}

impl PlacedRelease {
    fn into(self, repository: &mut GitRepository, like: &ReleasePlan) {
        let id = repository.draft(TAG);
        let mark = |commit: &str| Mark {
            commit: commit.parse().unwrap(),
            run: self.run,
            plan: self.plan,
            ..like.mark(false)
        };
        let release = repository.releases.get_mut(&id).unwrap();
        release.body = Some(if self.ours {
            mark(&self.commit).put("## Notes")
        } else {
            "## Mine".to_owned()
        });
        release.target_commitish = self.commit;
        release.draft = self.draft;
        release.immutable = self.immutable;
        release.published_at = (!self.draft).then_some(1);
    }
}

impl Scene {
    /// Sets up the state of a case, and returns the plan, which was made before.
    async fn set(&self, case: Case) -> String {
        self.reset().await;
        self.begin(ME);
        self.repository(|repository| {
            repository.draft("v1.2.0-rc1");
            repository.annotated_tag("v1.2.0-rc1", "theirs");
        });
        let planned = self.phase(ME, "plan", &self.inputs(case)).await.unwrap();
        let plan = ReleasePlan::from_json(&planned["plan"], None).unwrap();
        self.repository(|repository| fill(repository, case, &plan));
        self.seen_by_all().await;
        self.github.log().clear();
        planned["plan"].clone()
    }
}

impl Scene {
    fn inputs(&self, case: Case) -> Vec<(&'static str, &'static str)> {
        let mut inputs = vec![
            ("version", TAG),
            ("assets", ASSETS),
            ("tag-when", self.tag_when),
        ];
        inputs.extend(match case.policy {
            ReplacePolicy::Resume => vec![("on-existing", "resume")],
            ReplacePolicy::Fail => vec![("on-existing", "fail")],
            ReplacePolicy::Replace => vec![("on-existing", "replace")],
            ReplacePolicy::ReplacePublished => vec![
                ("on-existing", "replace"),
                ("replace-published", "the image was built without its patch"),
            ],
        });
        inputs
    }
}

fn fill(repository: &mut GitRepository, case: Case, plan: &ReleasePlan) {
    let here = plan.wanted.commit.to_string();
    let parents = &repository.commits[&here].parents;
    let other = parents[0].clone();
    let first = repository.commits[&other].parents.first().cloned();
    let put = |run: &str| PlacedRelease {
        ours: true,
        draft: true,
        immutable: false,
        run: run.to_owned(),
        commit: here.clone(),
        plan: Digest::of(run.as_bytes()),
    };
    let of_other = |put: PlacedRelease| PlacedRelease {
        commit: other.clone(),
        ..put
    };
    let public = |put: PlacedRelease| PlacedRelease {
        draft: false,
        ..put
    };
    let frozen = |put: PlacedRelease| PlacedRelease {
        immutable: true,
        ..public(put)
    };
    let foreign = |put: PlacedRelease| PlacedRelease { ours: false, ..put };
    // A person gives a branch as the target.
    let by_hand = |put: PlacedRelease| PlacedRelease {
        commit: "main".into(),
        ..foreign(put)
    };
    let mine = plan.wanted.run.as_str();
    let releases = match case.there {
        ExistingRelease::Nothing => vec![],
        ExistingRelease::DraftOfThisRun => vec![put(mine)],
        ExistingRelease::EmptyDuplicates => [put(mine), put(mine)]
            .map(|put| PlacedRelease {
                plan: plan.digest(),
                ..put
            })
            .into(),
        ExistingRelease::Draft => vec![put(EARLIER)],
        ExistingRelease::DraftOfAnotherCommit => vec![of_other(put(EARLIER))],
        ExistingRelease::DraftWithoutMark => vec![foreign(put(EARLIER))],
        ExistingRelease::ForeignDraft => vec![by_hand(put(EARLIER))],
        ExistingRelease::SeveralReleases => vec![put(EARLIER), by_hand(put(EARLIER))],
        ExistingRelease::PublishedByThisRun => vec![public(put(mine))],
        ExistingRelease::Published => vec![public(put(EARLIER))],
        ExistingRelease::PublishedOfAnotherCommit => vec![public(of_other(put(EARLIER)))],
        ExistingRelease::ForeignPublished => vec![public(foreign(put(EARLIER)))],
        ExistingRelease::Immutable => vec![frozen(put(EARLIER))],
        ExistingRelease::ImmutableOfAnotherCommit => vec![frozen(of_other(put(EARLIER)))],
        ExistingRelease::ReservedTagName => {
            repository.reserved_tags.insert(TAG.into());
            vec![]
        }
    };
    for put in releases {
        put.into(repository, plan);
    }
    // A draft that has a late tag of its own has the evidence, too.
    if plan.wanted.tag_when == TagWhen::Publish && case.tag != TagState::Absent {
        let drafts = repository.releases.values_mut();
        for draft in drafts.filter(|draft| draft.tag_name == TAG) {
            if case.there != ExistingRelease::EmptyDuplicates {
                draft.assets.push(StoredAsset {
                    id: 900 + draft.id,
                    name: EVIDENCE.into(),
                    state: "uploaded".into(),
                    ..StoredAsset::default()
                });
            }
        }
    }
    let at = match case.tag {
        TagState::Absent => None,
        TagState::AtCommit => Some(here.clone()),
        TagState::AtReplacedCommit => Some(other.clone()),
        TagState::Elsewhere => Some(first.unwrap()),
    };
    if let Some(at) = at {
        repository.refs.insert(REF.into(), at);
    }
}

type ReleasesAndRefs = (BTreeMap<u64, StoredRelease>, BTreeMap<String, String>);

impl Scene {
    fn seen(&self) -> ReleasesAndRefs {
        self.repository(|repository| (repository.releases.clone(), repository.refs.clone()))
    }

    /// Writes that changed anything but the lock.
    fn landed(&self) -> usize {
        let is_lock = |path: &str| path.contains("release-locks") || path.ends_with("/git/tags");
        let log = self.github.log().writes();
        let wrote = log.iter().filter(|e| e.landed && !is_lock(&e.path));
        // Creating the lock is a reference request like any other.
        wrote.filter(|e| !e.path.ends_with("/git/refs")).count()
    }

    async fn run_case(&self, case: Case) -> Result<(), String> {
        let plan = self.set(case).await;
        let expected = decision(case.policy, case.there, case.tag);
        let before = self.seen();
        // A reserved name is not visible before a draft is created.
        let seen_early = case.there != ExistingRelease::ReservedTagName;
        let planned = self.phase(ME, "plan", &self.inputs(case)).await;
        match (expected, planned) {
            (Decision::Refuse(code), Err(stop)) => refused_with(code, "plan", &stop)?,
            (Decision::Refuse(_), Ok(_)) if seen_early => return Err("plan let it pass".into()),
            (_, Ok(_)) => {}
            (_, Err(stop)) => return Err(told("plan", &stop)),
        }
        let mut events = self.github.events();
        let drafted = self.phase(ME, "draft", &[("plan", &plan)]).await;
        let mut happened = Vec::new();
        while let Ok(event) = events.try_recv() {
            happened.push(event);
        }
        let after = self.seen();
        if let Decision::Refuse(code) = expected {
            let Err(stop) = drafted else {
                return Err("draft let it pass".into());
            };
            refused_with(code, "draft", &stop)?;
            if after != before || self.landed() > 0 {
                return Err(format!("refused, and changed: {before:?}\n{after:?}"));
            }
            return Ok(());
        }
        drafted.map_err(|stop| told("draft", &stop))?;
        self.followed(case, expected, &before, &happened)
    }

    fn followed(
        &self,
        case: Case,
        expected: Decision,
        before: &ReleasesAndRefs,
        happened: &[GitHubEvent],
    ) -> Result<(), String> {
        let after = self.seen();
        let kind = |event: &GitHubEvent| match event {
            GitHubEvent::DraftCreated { .. } => "draft",
            GitHubEvent::TagCreated { .. } => "tag",
            GitHubEvent::TagDeleted { .. } => "-tag",
            GitHubEvent::ReleaseDeleted { .. } => "-release",
            _ => "other",
        };
        let happened: Vec<_> = happened.iter().map(kind).collect();
        let tagged = case.tag == TagState::AtCommit;
        let wanted = match (expected, case.tag) {
            (Decision::Done, _) | (Decision::Resume, TagState::AtCommit) => &[][..],
            (Decision::Create, TagState::AtCommit) => &["draft"],
            (Decision::Create, _) => &["draft", "tag"],
            (Decision::Resume, _) => &["tag"],
            (Decision::DeleteDuplicates, TagState::AtCommit) => &["-release"],
            (Decision::DeleteDuplicates, _) => &["-release", "tag"],
            (Decision::Replace, TagState::Absent) => &["-release", "draft", "tag"],
            // It existed before the draft of the other commit: not ours.
            (Decision::Replace, TagState::AtCommit) if of_another(case.there) => {
                &["-release", "draft"]
            }
            (Decision::Replace, _) => &["-tag", "-release", "draft", "tag"],
            (Decision::Refuse(_), _) => &["never"],
        };
        // `publish` creates the tag.
        let is_late = self.tag_when == LATE;
        let wanted = wanted.iter().filter(|what| !(is_late && **what == "tag"));
        let wanted: Vec<_> = wanted.copied().collect();
        if happened != wanted {
            return Err(format!(
                "{happened:?} instead of {wanted:?}, tagged: {tagged}"
            ));
        }
        let tip = self.repository(|repository| repository.tip());
        let others = |seen: &ReleasesAndRefs| {
            let releases = seen.0.values().filter(|release| release.tag_name != TAG);
            let refs = seen.1.iter().filter(|(name, _)| *name != REF);
            (
                releases.cloned().collect::<Vec<_>>(),
                refs.map(|(name, sha)| (name.clone(), sha.clone()))
                    .collect::<Vec<_>>(),
            )
        };
        let of_tag = after
            .0
            .values()
            .filter(|release| release.tag_name == TAG)
            .count();
        match () {
            () if others(&after) != others(before) => Err("what is others' has changed".into()),
            () if after.1.get(REF) != Some(&tip) && (!is_late || after.1.contains_key(REF)) => {
                Err(format!("the tag is {:?}", after.1.get(REF)))
            }
            () if of_tag != 1 => Err(format!("{of_tag} releases")),
            () => Ok(()),
        }
    }
}

fn of_another(there: ExistingRelease) -> bool {
    matches!(
        there,
        ExistingRelease::DraftOfAnotherCommit | ExistingRelease::PublishedOfAnotherCommit
    )
}

fn refused_with(code: Code, phase: &str, stop: &Stop) -> Result<(), String> {
    let failed = || Err(format!("instead of {code}: {}", told(phase, stop)));
    let Stop::Blocked { findings, .. } = stop else {
        return failed();
    };
    let Some(finding) = findings.iter().find(|finding| finding.code == code) else {
        return failed();
    };
    let names_next = matches!(code, Code::TagReserved | Code::ReleaseImmutable);
    if names_next && !finding.help.contains("1.2.1") {
        return failed();
    }
    Ok(())
}

#[tokio::test]
async fn plan_and_draft_follow_the_table_for_every_existing_release() {
    follow_the_table(Scene::start(|_| ()).await).await;
}

#[tokio::test]
async fn plan_and_draft_follow_the_table_where_the_tag_comes_late() {
    follow_the_table(Scene::start(|_| ()).await.tagging(LATE)).await;
}

async fn follow_the_table(scene: Scene) {
    let mut failed = Vec::new();
    for case in cases() {
        if let Err(why) = scene.run_case(case).await {
            failed.push(format!("{case:?}: {why}"));
        }
    }
    eprintln!(
        "{} of {} cases are as in the table",
        cases().len() - failed.len(),
        cases().len()
    );
    assert_eq!(failed, [""; 0]);
}

#[tokio::test]
async fn replacing_a_published_release_records_the_reason_in_its_evidence() {
    let scene = Scene::start(|_| ()).await;
    let first = Run { id: 1, attempt: 1 };
    scene.begin(first);
    scene.release(first, &scene).await.unwrap();
    let id = |scene: &Scene| scene.repository(|repository| repository.releases_of(TAG)[0].id);
    let before = id(&scene);
    scene.begin(ME);
    let reason = "the image was built without its patch";
    let more = [("on-existing", "replace"), ("replace-published", reason)];
    // The branch is looked at again, and the order of versions is not.
    let elsewhere = [&more[..], &[("branch-pattern", "elsewhere")]].concat();
    let refused = scene.plan_with(ME, &scene, &elsewhere).await.unwrap_err();
    assert!(refused.contains("branch-wrong"), "{refused}");
    let more = [&more[..], &[("version-policy", "increment")]].concat();
    let plan = scene.plan_with(ME, &scene, &more).await.unwrap();
    scene.go_on(ME, &plan, &scene).await.unwrap();
    assert_ne!(id(&scene), before);
    let evidence = {
        let world = scene.github.world();
        let releases = world.repositories[REPOSITORY].releases_of(TAG);
        let asset = releases[0]
            .assets
            .iter()
            .find(|asset| asset.name == EVIDENCE);
        String::from_utf8(world.bytes(asset.unwrap()).unwrap()).unwrap()
    };
    assert!(evidence.contains(reason), "{evidence}");
    // Once more, as a second attempt of the same run: it succeeds without replacing the release again.
    let replaced = id(&scene);
    let again = Run { attempt: 2, ..ME };
    scene.begin(again);
    let plan = scene.plan_with(again, &scene, &more).await.unwrap();
    scene.go_on(again, &plan, &scene).await.unwrap();
    assert_eq!(id(&scene), replaced);
}
