//! `verify` accepts a published release as it was published, and then finds each single fact that was altered.

use btp_release::domain::Code;
use btp_release::plan::Mark;

use super::images::Image;
use super::release::{BINARY, RUN, codes, module_repository};
use super::support::scene::{REPOSITORY, Scene, TAG};
use super::tested;
use super::world::{
    attach, bytes, child, draft, lose_part, lose_tag, mark, other, other_bytes, push_manager,
    remove, second, swap, tag,
};

const EVIDENCE: &str = "release-evidence.json";
const DIFFERS: Code = Code::EvidenceDiffers;
const MISSING: Code = Code::EvidenceMissing;
const UNREADABLE: Code = Code::EvidenceUnreadable;

type AlteredFact = (&'static str, Code, fn(&Scene));

const ALTERED: &[AlteredFact] = &[
    ("an asset's bytes are others", DIFFERS, |s| {
        swap(s, "rendered.yaml", other_bytes);
    }),
    ("an asset is gone", DIFFERS, |s| remove(s, "template.yaml")),
    ("there is one more asset", DIFFERS, |s| {
        attach(s, "sbom.json", b"{}")
    }),
    ("the tag is moved", DIFFERS, |s| tag(s, Some(other))),
    ("the tag is gone", DIFFERS, |s| tag(s, None)),
    ("it is said to be a prerelease", DIFFERS, |s| {
        draft(s, |release| release.prerelease = true);
    }),
    ("the mark is gone", DIFFERS, |s| {
        draft(s, |release| {
            let text = Mark::strip(release.body.as_deref().unwrap()).to_owned();
            release.body = Some(text);
        });
    }),
    ("the mark is of another plan", DIFFERS, |s| {
        mark(s, |mark| {
            mark.plan = btp_release::domain::Digest::of(b"theirs")
        });
    }),
    ("a digest in the text is another", DIFFERS, |s| {
        draft(s, |release| {
            release.body = release.body.take().map(|text| {
                let (before, after) = text.split_once("sha256:").unwrap();
                format!("{before}sha256:{}{}", "0".repeat(64), &after[64..])
            });
        });
    }),
    ("the evidence says that other tests passed", DIFFERS, |s| {
        swap(s, EVIDENCE, |text| text.replace("k3s-1.32", "k3s-1.33"));
    }),
    ("the evidence says another time", DIFFERS, |s| {
        swap(s, EVIDENCE, |text| {
            text.replace("draftedAt\": \"2", "draftedAt\": \"1")
        });
    }),
    ("the evidence is no statement any more", UNREADABLE, |s| {
        swap(s, EVIDENCE, |_| "{}".into());
    }),
    ("the evidence is gone", MISSING, |s| remove(s, EVIDENCE)),
    ("the manager is pushed again", DIFFERS, |s| {
        push_manager(s, |_, image| image.holding(b"another"));
    }),
    ("the manager's tag is gone", DIFFERS, |s| {
        lose_tag(s, BINARY)
    }),
    ("a layer of the manager is gone", DIFFERS, |s| {
        lose_part(s, 0, "/layers/0");
    }),
    ("a platform of the manager is gone", DIFFERS, |s| {
        let store = &mut s.registry.store();
        let arm = child(store, 1);
        let manager = store.repositories.get_mut(BINARY).unwrap();
        manager.manifests.remove(&arm);
    }),
    ("the module is another image", DIFFERS, |s| {
        let store = &mut s.registry.store();
        let name = module_repository(store);
        Image::plain(b"a module").tag(store, &name, TAG.trim_start_matches('v'));
        let tags = &mut store.repositories.get_mut(&name).unwrap().tags;
        let newest = tags[TAG.trim_start_matches('v')].clone();
        for digest in tags.values_mut() {
            digest.clone_from(&newest);
        }
    }),
    ("the release is a draft again", MISSING, |s| {
        draft(s, |release| release.draft = true);
    }),
    ("there is a second release", MISSING, |s| second(s, true)),
];

#[tokio::test]
async fn verify_finds_each_fact_altered_after_publishing() {
    let (scene, job, _) = tested().await;
    scene.publish(&job).await.unwrap();
    each_altered_fact_is_found(&scene).await;
}

/// In a release that is published.
pub(crate) async fn each_altered_fact_is_found(scene: &Scene) {
    let snapshot = scene.snapshot();
    let verify = async || {
        let ended = scene.phase(RUN, "verify", &[("version", TAG)]).await;
        ended.err().map(|stop| codes(&stop))
    };
    assert_eq!(verify().await, None, "as it was published");
    let evidence = String::from_utf8(bytes(scene, EVIDENCE)).unwrap();
    assert!(evidence.contains(REPOSITORY), "{evidence}");
    let mut missed = Vec::new();
    for (fact, expected, alter) in ALTERED {
        scene.restore(&snapshot);
        alter(scene);
        let found = verify().await;
        if found.as_deref() != Some(&[*expected]) {
            missed.push(format!("{fact}: {found:?}"));
        }
    }
    eprintln!(
        "{} of {} facts found by verify",
        ALTERED.len() - missed.len(),
        ALTERED.len()
    );
    assert_eq!(missed.len(), 0, "{missed:#?}");
}
