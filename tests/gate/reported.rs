//! Inputs that are altered for the publishing job alone or were already wrong in the tests, and changes that are
//! allowed.

use btp_release::domain::{Code, FormatCode};
use stand_ins::github::StoredTag;

use super::facts::Codes;
use super::images::Image;
use super::release::{BINARY, PublishJob};
use super::support::scene::{Scene, TAG};
use super::world::{attach, draft, plan, push_module, say, tag, tested_asset, tested_manager};

type ReportedFact = (&'static str, Codes, fn(&Scene, &mut PublishJob));
type HarmlessChange = (&'static str, fn(&Scene, &mut PublishJob));

/// Altered inputs of the publishing job, and facts that were already wrong when they were awaited and tested.
pub(crate) const BEFORE: &[ReportedFact] = &[
    (
        "somebody published the draft",
        &[Code::PublishedDiffers],
        |s, _| {
            s.repository(|r| {
                let release = r.releases.values_mut().find(|d| d.draft).unwrap();
                (release.draft, release.published_at) = (false, Some(release.created_at));
                r.latest = Some(release.id);
                let target = release.target_commitish.clone();
                r.refs.entry(format!("refs/tags/{TAG}")).or_insert(target);
            });
        },
    ),
    // The jobs.
    ("a job failed", &[Code::JobNotSuccessful], |_, t| {
        t.job("e2e", "failure")
    }),
    ("a job was cancelled", &[Code::JobNotSuccessful], |_, t| {
        t.job("unit-tests", "cancelled")
    }),
    ("a job was skipped", &[Code::JobNotSuccessful], |_, t| {
        t.job("e2e", "skipped")
    }),
    (
        "a job that may be skipped failed",
        &[Code::JobNotSuccessful],
        |_, t| t.job("upgrade", "failure"),
    ),
    ("no job is needed", &[Code::JobsMissing], |_, t| {
        t.needs = "{}".into()
    }),
    // The E2E jobs.
    ("a third leg never ran", &[Code::VerdictMissing], |_, t| {
        t.legs += "\nk3s-1.33"
    }),
    (
        "three legs must have run",
        &[Code::VerdictMissing],
        |_, t| t.legs = "3".into(),
    ),
    // The awaited artifacts.
    (
        "nothing was awaited",
        &[
            Code::AssetDiffers,
            Code::ImageDiffers,
            Code::VerdictOfOtherBytes,
        ],
        |_, t| t.artifacts = "{}".into(),
    ),
    (
        "the module was not awaited",
        &[Code::ImageDiffers, Code::VerdictOfOtherBytes],
        |_, t| t.forget("module-image"),
    ),
    (
        "an asset was not awaited",
        &[Code::AssetDiffers, Code::VerdictOfOtherBytes],
        |_, t| t.forget("rendered.yaml"),
    ),
    // Of another build already when they were tested.
    (
        "the tested manager is of another commit",
        &[Code::ImageOfAnotherBuild],
        |s, t| {
            tested_manager(s, t, |_, image| image.label("revision", &"0".repeat(40)));
        },
    ),
    (
        "the tested manager is of another version",
        &[Code::ImageOfAnotherBuild],
        |s, t| {
            tested_manager(s, t, |_, image| image.label("version", "1.1.0"));
        },
    ),
    (
        "the tested manager is of another repository",
        &[Code::ImageOfAnotherBuild],
        |s, t| {
            tested_manager(s, t, |_, image| {
                image.label("source", "https://github.com/ada/btp-manager")
            });
        },
    ),
    (
        "one platform of the tested manager is of another commit",
        &[Code::ImageOfAnotherBuild],
        |s, t| {
            tested_manager(s, t, |on, image| {
                if on == "arm64" {
                    image.label("revision", &"0".repeat(40))
                } else {
                    image
                }
            });
        },
    ),
    (
        "one platform of the tested manager is another one",
        &[Code::ImageIncomplete],
        |s, t| {
            tested_manager(s, t, |_, mut image| {
                "amd64".clone_into(&mut image.architecture);
                image
            });
        },
    ),
    (
        "the tested module is of another commit",
        &[Code::ImageOfAnotherBuild],
        |s, t| {
            let now = push_module(s, plan(s).wanted.commit.as_str(), &"0".repeat(40));
            t.tested(s, "module-image", &now);
        },
    ),
    (
        "the tested module runs another manager",
        &[Code::ImageOfAnotherBuild],
        |s, t| {
            let now = push_module(s, "btp-manager:v1.2.0", "btp-manager:v1.1.0");
            t.tested(s, "module-image", &now);
        },
    ),
    (
        "the tested template is another build's",
        &[Code::Format(FormatCode::TemplateDiffers)],
        |s, t| {
            tested_asset(s, t, "template.yaml", |text| text.replace("1.2.0", "1.1.0"));
        },
    ),
    (
        "the tested template for the control plane is another build's",
        &[Code::Format(FormatCode::TemplateDiffers)],
        |s, t| {
            tested_asset(s, t, "template_control_plane.yaml", |text| {
                text.replace("1.2.0", "1.1.0")
            });
        },
    ),
    (
        "the tested manifest runs another manager",
        &[Code::ManifestDiffers],
        |s, t| {
            tested_asset(s, t, "rendered.yaml", |text| {
                text.replace("btp-manager:v1.2.0", "btp-manager:v1.1.0")
            });
        },
    ),
];

/// Changes of things that are not part of the release.
pub(crate) const HARMLESS: &[HarmlessChange] = &[
    ("nothing is altered", |_, _| {}),
    (
        "the tag is now an annotated one of the same commit",
        |s, _| {
            let commit = plan(s).wanted.commit.to_string();
            let object = s.repository(|_| StoredTag {
                tag: TAG.into(),
                object: commit,
                ..StoredTag::default()
            });
            s.repository(|r| r.tag_objects.insert("a".repeat(40), object));
            tag(s, Some(|_| "a".repeat(40)));
        },
    ),
    ("somebody words the notes better", |s, _| {
        draft(s, |d| {
            d.body = d.body.take().map(|text| format!("Better.\n\n{text}"))
        })
    }),
    ("another release is drafted", |s, _| {
        drop(s.repository(|r| r.draft("v1.3.0").to_string()))
    }),
    ("another branch moves", |s, _| {
        s.repository(|r| drop(r.on("other").commit("Go on").on("main").tip()))
    }),
    ("another check is red", |s, _| {
        s.repository(|r| drop(r.check("stale", "failure").status("bot", "failure").tip()))
    }),
    ("another tag of the image is pushed", |s, _| {
        Image::plain(b"next").tag(&mut s.registry.store(), BINARY, "v1.3.0")
    }),
    ("somebody forged the evidence", |s, _| {
        attach(s, "release-evidence.json", b"{}")
    }),
    ("a leg was run twice", |s, _| say(s, |_| {})),
    ("as many legs ran as are counted", |_, t| {
        t.legs = "2".into()
    }),
    ("a job that may be skipped ran", |_, t| {
        t.job("upgrade", "success")
    }),
];
