//! Each fact on which a submission or a promotion rests, altered alone.

use btp_release::domain::{Code, FormatCode};
use btp_release::engine::Stop;
use stand_ins::registry::Store;

use super::images::{point, rewrite};
use super::release::{MODULES, module_repository};
use super::support::scene::TAG;
use super::{CHANNELS, Modules, RELEASES, SUBMISSION, codes};

type AlterFact = fn(&Modules);

/// The registry to which somebody copied the component, as it was released.
pub(crate) const COPIES: &str = "kyma-project/prod/modules";

/// Copies the component, byte for byte.
pub(crate) fn copy(store: &mut Store) -> String {
    let from = module_repository(store);
    let to = from.replace(MODULES, COPIES);
    let component = store.repositories[&from].clone();
    store.repositories.insert(to.clone(), component);
    to
}

/// Another component under the same name.
fn rewrite_component(store: &mut Store, name: &str) {
    rewrite(store, name, "1.2.0", "btp-manager", "btp-manages");
}

fn alter_release(modules: &Modules, alter: fn(&mut stand_ins::github::StoredRelease)) {
    modules.scene.repository(|repository| {
        let id = repository.releases_of(TAG)[0].id;
        alter(repository.releases.get_mut(&id).unwrap());
    });
}

#[tokio::test]
async fn nothing_is_proposed_of_a_version_that_is_not_as_it_was_released() {
    let facts: [(Code, AlterFact); 5] = [
        (Code::EvidenceMissing, |modules| {
            alter_release(modules, |release| release.draft = true);
        }),
        (Code::EvidenceMissing, |modules| {
            modules
                .scene
                .repository(|repository| repository.releases.clear());
        }),
        (Code::EvidenceDiffers, |modules| {
            alter_release(modules, |release| release.body = None);
        }),
        (Code::EvidenceDiffers, |modules| {
            let store = &mut modules.scene.registry.store();
            let name = module_repository(store);
            rewrite_component(store, &name);
        }),
        (Code::EvidenceDiffers, |modules| {
            let store = &mut modules.scene.registry.store();
            let name = module_repository(store);
            let component = store.repositories.get_mut(&name).unwrap();
            component.tags.remove("1.2.0").unwrap();
        }),
    ];
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let (released, manifests) = (modules.scene.snapshot(), modules.other.world().clone());
    for (nth, (code, alter)) in facts.into_iter().enumerate() {
        modules.scene.restore(&released);
        alter(&modules);
        modules.scene.seen_by_all().await;
        for ended in [
            modules.submit(&[("head-branch", "again")]).await,
            modules.promote("fast", &[]).await,
        ] {
            assert!(ended.is_err(), "fact {nth}");
            let found = codes(ended);
            assert!(
                found.iter().all(|found| *found == code),
                "fact {nth}: {found:?}"
            );
        }
        assert_eq!(modules.pulls().len(), 1, "fact {nth}");
    }
    modules.scene.restore(&released);
    modules.scene.seen_by_all().await;
    *modules.other.world() = manifests;
    modules.promote("fast", &[]).await.unwrap();
}

#[tokio::test]
async fn component_of_another_registry_has_the_bytes_that_were_released() {
    let modules = Modules::published().await;
    let registry = format!("{}/{COPIES}", modules.scene.registry.host());
    let inputs = [("module-registry", registry.as_str())];
    let copied = copy(&mut modules.scene.registry.store());
    rewrite_component(&mut modules.scene.registry.store(), &copied);
    for ended in [
        modules.submit(&inputs).await,
        modules.promote("fast", &inputs).await,
    ] {
        assert_eq!(codes(ended), [Code::ComponentDiffers]);
    }
    // As it was released, again.
    {
        let store = &mut modules.scene.registry.store();
        let own = module_repository(store);
        let digest = store.resolve(&own, "1.2.0").unwrap();
        point(store, &copied, "1.2.0", &digest);
    }
    let submitted = modules.submit(&inputs).await.unwrap();
    assert_eq!(submitted["state"], "open");
    // Whoever looks for it under another name finds none.
    let ended = modules
        .submit(&[("module-name", "kyma-project.io/module/keda")])
        .await;
    assert_eq!(codes(ended), [Code::ComponentMisnamed]);
}

#[tokio::test]
async fn submitted_version_is_never_changed() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let submitted = modules.text(SUBMISSION).unwrap();
    modules.push(SUBMISSION, &submitted.replace("kyma/gopher", "kyma/otters"));
    assert_eq!(codes(modules.submit(&[]).await), [Code::SubmissionDiffers]);
    // The same values, by another hand.
    modules.push(SUBMISSION, &format!("# reviewed\n{submitted}"));
    let again = modules.submit(&[("head-branch", "again")]).await.unwrap();
    assert_eq!(again["state"], "unchanged");
}

#[tokio::test]
async fn version_is_promoted_only_after_its_submission_was_merged_and_never_down() {
    let modules = Modules::published().await;
    let promote = async || codes(modules.promote("fast", &[]).await);
    assert_eq!(promote().await, [Code::SubmissionMissing]);
    modules.submit(&[]).await.unwrap();
    assert_eq!(
        promote().await,
        [Code::SubmissionMissing],
        "it is only open"
    );
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let submitted = modules.text(SUBMISSION).unwrap();
    modules.push(SUBMISSION, &submitted.replace("1.2.0", "1.2.1"));
    assert_eq!(promote().await, [Code::SubmissionDiffers]);
    // Other values count where they are known.
    modules.push(SUBMISSION, &submitted.replace("kyma/gopher", "kyma/otters"));
    let compared = [("module-config", "module-config.yaml")];
    let ended = modules.promote("fast", &compared).await;
    assert_eq!(codes(ended), [Code::SubmissionDiffers]);
    modules.push(SUBMISSION, &submitted);
    modules.push(RELEASES, &CHANNELS.replace("1.1.0", "1.2.1"));
    let downgrade = Code::Format(FormatCode::ChannelDowngrade);
    assert_eq!(promote().await, [downgrade]);
    modules.push(RELEASES, &CHANNELS.replace("1.1.0", "1.2.0"));
    let equal = modules.promote("fast", &compared).await.unwrap();
    assert_eq!(equal["state"], "unchanged");
    assert_eq!(modules.pulls().len(), 1, "the submission");
}

#[tokio::test]
async fn channel_gets_a_version_only_after_those_before_it() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let order = Code::Format(FormatCode::ChannelOrder);
    // What `fast` has, the order that is demanded of `regular`, and what that leads to.
    for (fast, demanded, expected) in [
        ("1.1.0", "fast, regular", Err(order)),
        ("1.2.0", "dev fast regular", Err(order)),
        ("1.1.0", "regular, fast", Ok("open")),
        ("1.2.0", "fast,regular", Ok("open")),
        ("1.3.0", "fast\nregular", Ok("open")),
    ] {
        let channels = CHANNELS.replace(
            "channel: fast\n    version: 1.1.0",
            &format!("channel: fast\n    version: {fast}"),
        );
        modules.push(RELEASES, &channels);
        modules.seen_by_all().await;
        let branch = format!("again/{fast}/{}", demanded.len());
        let inputs = [
            ("channel-order", demanded),
            ("head-branch", branch.as_str()),
        ];
        let case = format!("{fast}, {demanded:?}");
        let ended = modules.promote("regular", &inputs).await;
        match expected {
            Ok(state) => assert_eq!(ended.unwrap()["state"], state, "{case}"),
            Err(code) => assert_eq!(codes(ended), [code], "{case}"),
        }
    }
    // A version that is there stays, whatever the others have.
    modules.push(RELEASES, &CHANNELS.replace("1.1.0 #", "1.2.0 #"));
    modules.seen_by_all().await;
    let inputs = [
        ("channel-order", "fast, regular"),
        ("head-branch", "again/there"),
    ];
    let equal = modules.promote("regular", &inputs).await.unwrap();
    assert_eq!(equal["state"], "unchanged");
}

#[tokio::test]
async fn channels_of_another_module_are_not_changed() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    modules.push(RELEASES, &format!("moduleName: keda\n{CHANNELS}"));
    let differs = Code::Format(FormatCode::ReleaseMetaNameDiffers);
    assert_eq!(codes(modules.promote("fast", &[]).await), [differs]);
}

#[tokio::test]
async fn files_of_a_submission_are_assets_or_public_addresses() {
    let modules = Modules::published().await;
    let config = modules.scene.folder.path().join("module-config.yaml");
    let link = Code::Format(FormatCode::ConfigLink);
    for (address, expected) in [
        ("file:///etc/passwd", Err(link)),
        ("http://files.example/rendered.yaml", Err(link)),
        ("https://ada:secret@files.example/rendered.yaml", Err(link)),
        ("http://secret@files.example/rendered.yaml", Err(link)),
        ("https://files.example/a@b/rendered.yaml", Ok("open")),
    ] {
        for key in ["manifest: rendered.yaml", "defaultCR: rendered.yaml"] {
            let text = format!("{}defaultCR: rendered.yaml\n", super::CONFIG);
            let value = key.replace("rendered.yaml", address);
            std::fs::write(&config, text.replacen(key, &value, 1)).unwrap();
            match (modules.submit(&[]).await, expected) {
                (Ok(outputs), Ok(state)) => assert_eq!(outputs["state"], state, "{value}"),
                (Err(Stop::Blocked { findings }), Err(code)) => {
                    assert_eq!(findings[0].code, code, "{value}");
                    assert!(!format!("{findings:?}").contains("secret"), "{findings:?}");
                }
                (ended, _) => panic!("{value}: {ended:?}"),
            }
        }
    }
}

#[tokio::test]
async fn component_that_never_comes_is_named_at_the_deadline() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let registry = format!("{}/{COPIES}", modules.scene.registry.host());
    let inputs = [("module-registry", registry.as_str()), ("timeout", "2m")];
    let ended = modules.promote("fast", &inputs).await;
    let Err(Stop::TimedOut { on, .. }) = &ended else {
        panic!("{ended:?}")
    };
    let line = on.join("\n");
    assert!(
        line.contains(COPIES) && line.contains("not in the registry yet"),
        "{line}"
    );
    assert_eq!(modules.pulls().len(), 1, "the submission");
}

#[tokio::test]
async fn asset_is_submitted_as_it_was_published() {
    let modules = Modules::published().await;
    let built = modules
        .scene
        .folder
        .path()
        .join("module-release/template.yaml");
    let template = std::fs::read_to_string(&built).unwrap();
    let path = "modules/btp-operator/btp-operator-1.2.0.yaml";
    let files = format!("module-release/template.yaml={path}");
    let inputs = [
        ("kind", "submission"),
        ("files", files.as_str()),
        ("merge", "squash"),
    ];
    std::fs::write(&built, format!("{template}# touched\n")).unwrap();
    let ended = modules.propose(&inputs).await;
    assert_eq!(codes(ended), [Code::SubmissionFileMissing]);
    std::fs::write(&built, &template).unwrap();
    let submitted = modules.propose(&inputs).await.unwrap();
    assert_eq!(submitted["state"], "merged");
    assert_eq!(modules.text(path), Some(template));
}
