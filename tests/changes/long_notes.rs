//! Notes that a release's body or a plan cannot hold: the body has their beginning, and an asset all of them, which is awaited, compared
//! and verified as every asset is.

use btp_release::domain::{Code, Diagnostic, Digest};
use btp_release::engine::Stop;
use btp_release::plan::{FULL_NOTES, NotesSource, ReleasePlan};
use stand_ins::github::GitRepository;

use super::history::{plan, refused, scene};
use super::support::scene::{Outputs, Run, Scene};

const VERSION: (&str, &str) = ("version", "1.1.0");
pub(crate) const CATEGORIES: [(&str, &str); 2] = [VERSION, ("notes", "categories")];
const GENERATED: [(&str, &str); 1] = [VERSION];

pub(crate) fn run(id: u64) -> Run {
    Run { id, attempt: 1 }
}

/// More pull requests than a plan holds, and than a body: 900 lines of some 170 characters.
pub(crate) fn long_history(repository: &mut GitRepository) {
    repository.publish("1.0.0");
    for n in 0..900 {
        repository.merge(&format!("Case {n} {}", "of many ".repeat(11)), "ada", &[]);
    }
}

pub(crate) async fn phase(scene: &Scene, id: u64, name: &str, inputs: &[(&str, &str)]) -> Outputs {
    scene
        .phase(run(id), name, inputs)
        .await
        .unwrap_or_else(|stop| {
            let Stop::Blocked { findings } = stop else {
                panic!("{name}: {stop}")
            };
            panic!("{name}: {findings:#?}")
        })
}

/// Plans, drafts, awaits, publishes and verifies; the phases up to one of them. Returns the outputs of the last one.
async fn release(scene: &Scene, id: u64, inputs: &[(&str, &str)], last: &str) -> Outputs {
    scene.begin(run(id));
    let planned = phase(scene, id, "plan", inputs).await;
    let plan = ("plan", planned["plan"].as_str());
    let mut ended = planned.clone();
    let mut artifacts = String::new();
    for name in ["draft", "await", "publish", "verify"] {
        ended = match name {
            "publish" => {
                let awaited = ("artifacts", artifacts.as_str());
                phase(scene, id, name, &[plan, awaited, ("needs", "none")]).await
            }
            "verify" => phase(scene, id, name, &[VERSION]).await,
            _ => phase(scene, id, name, &[plan]).await,
        };
        if let Some(awaited) = ended.get("artifacts") {
            artifacts.clone_from(awaited);
        }
        if name == last {
            break;
        }
    }
    scene.end(run(id));
    ended
}

/// The body of the release and the bytes of its asset, of which there is one.
pub(crate) fn published(scene: &Scene) -> (String, Vec<u8>) {
    let world = scene.github.world();
    let repository = world.repositories.values().next().unwrap();
    let [release] = repository.releases_of("1.1.0")[..] else {
        panic!("not one release")
    };
    let mut assets = release
        .assets
        .iter()
        .filter(|asset| asset.name.contains("notes"));
    let (asset, more) = (assets.next().unwrap(), assets.next());
    assert!(asset.name == FULL_NOTES && more.is_none());
    (release.body.clone().unwrap(), world.bytes(asset).unwrap())
}

#[tokio::test]
async fn whole_notes_are_an_asset_of_the_release() {
    for (inputs, most) in [(&CATEGORIES[..], 100_000), (&GENERATED, 125_000)] {
        let scene = scene(long_history).await;
        release(&scene, 1, inputs, "verify").await;
        let (body, whole) = published(&scene);
        assert!(body.chars().count() < most, "{}", body.len());
        assert!(body.contains(&format!("the asset {FULL_NOTES} has all of them")));
        assert!(!body.contains("pull/900\n"));
        let text = String::from_utf8(whole.clone()).unwrap();
        assert!(
            text.len() > 125_000 && text.contains("/pull/900"),
            "{}",
            text.len()
        );
        assert!(text.starts_with(body.split_once("of many").unwrap().0));

        // Whatever was edited since, a run again finds this one asset, and sends nothing.
        scene.repository(|repository| {
            for pull in repository.pulls.values_mut() {
                pull.title = "Edited".into();
            }
        });
        scene.forget();
        release(&scene, 2, inputs, "verify").await;
        assert_eq!(scene.github.log().writes().len(), 0);
        assert_eq!(published(&scene).1, whole);
    }
}

#[tokio::test]
async fn whole_notes_of_a_draft_stay_when_titles_are_edited() {
    let scene = scene(long_history).await;
    release(&scene, 1, &CATEGORIES, "draft").await;
    let before = published(&scene);
    scene.repository(|repository| {
        for pull in repository.pulls.values_mut() {
            pull.title = "Edited".into();
        }
    });
    release(&scene, 2, &CATEGORIES, "verify").await;
    let after = published(&scene);
    assert_eq!(after.1, before.1);
    assert!(after.0.contains("Case 0 "));
}

#[tokio::test]
async fn other_bytes_under_the_name_of_the_whole_notes_are_refused() {
    let scene = scene(long_history).await;
    scene.begin(run(1));
    let planned = phase(&scene, 1, "plan", &CATEGORIES).await;
    let plan = ("plan", planned["plan"].as_str());
    phase(&scene, 1, "draft", &[plan]).await;
    let awaited = phase(&scene, 1, "await", &[plan]).await;
    let digest = Digest::of(&published(&scene).1);
    assert!(awaited["artifacts"].contains(&digest.to_string()));
    let other = Digest::of(b"other").to_string();
    let wrong = awaited["artifacts"].replace(&digest.to_string(), &other);
    let inputs = [plan, ("artifacts", wrong.as_str()), ("needs", "none")];
    let refused = scene.phase(run(1), "publish", &inputs).await.unwrap_err();
    let Stop::Blocked { findings } = refused else {
        panic!("{refused}")
    };
    assert_eq!(
        findings.iter().map(|it| it.code).collect::<Vec<_>>(),
        [Code::AssetDiffers]
    );
    assert!(
        findings[0].to_string().contains("as planned"),
        "{}",
        findings[0]
    );
    // Somebody deletes the asset: `draft` makes the same again.
    scene.repository(|repository| {
        for release in repository.releases.values_mut() {
            release.assets.retain(|asset| asset.name != FULL_NOTES);
        }
    });
    phase(&scene, 1, "draft", &[plan]).await;
    assert_eq!(Digest::of(&published(&scene).1), digest);
}

#[tokio::test]
async fn long_file_is_cut_and_attached_as_it_is() {
    let scene = scene(|repository| _ = repository.publish("1.0.0").commit("Fix")).await;
    let path = scene.folder.path().join("notes.md");
    let file = ("notes-file", path.to_str().unwrap());
    for (lines, is_cut) in [(1_000, false), (5_000, true)] {
        let text = "A line of the notes that somebody wrote\n".repeat(lines);
        std::fs::write(&path, &text).unwrap();
        let wanted = plan(&scene, &[VERSION, file]).await.unwrap().wanted;
        let NotesSource::Text(body) = wanted.notes else {
            panic!()
        };
        assert_eq!(body != text, is_cut);
        let full = wanted.full_notes.map(|full| full.bytes().unwrap());
        assert_eq!(full, is_cut.then(|| text.into_bytes()));
    }
    // What cannot even be carried compressed is refused, and not left out.
    let digests = (0_u32..4_000).map(|n| Digest::of(&n.to_le_bytes()).to_string());
    std::fs::write(&path, digests.collect::<Vec<_>>().join("\n")).unwrap();
    let finding = refused(&scene, &[VERSION, file]).await;
    assert_eq!(finding.code, Code::NotesTooLong);
}

#[tokio::test]
async fn asset_of_the_same_name_is_refused_only_where_it_is_needed() {
    let asset = ("assets", FULL_NOTES);
    let scene = scene(long_history).await;
    let finding = refused(&scene, &[VERSION, ("notes", "categories"), asset]).await;
    assert_eq!(finding.code, Code::AssetNameReserved);
    assert!(
        plan(&scene, &[VERSION, ("notes", "none"), asset])
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn plan_that_is_too_large_names_the_input_that_is() {
    let scene = scene(|repository| _ = repository.publish("1.0.0").commit("Fix")).await;
    let images: Vec<_> = (0..3_000)
        .map(|n| format!("r.example/a-path-of-usual-length/image-{n}:1.1.0"))
        .collect();
    let images = images.join("\n");
    let found: Diagnostic = refused(&scene, &[VERSION, ("extra-images", &images)]).await;
    assert_eq!(found.code, Code::PlanTooLarge);
    assert!(
        found.seen.contains("122880 fit") && found.seen.ends_with("for `extra-images`"),
        "{}",
        found.seen
    );
}

#[tokio::test]
async fn plan_that_carries_whole_notes_is_read_as_it_was_written() {
    let scene = scene(long_history).await;
    let planned = plan(&scene, &CATEGORIES).await.unwrap();
    let json = planned.to_json();
    assert_eq!(ReleasePlan::from_json(&json, None).unwrap().to_json(), json);
}
