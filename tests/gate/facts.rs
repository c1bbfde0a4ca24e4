//! Single facts of a tested release, and the code by which each altered one is refused.

use btp_release::domain::{Code, Digest, FormatCode};
use stand_ins::github::StoredTag;

use super::images::sidecar;
use super::release::{BINARY, MODULES, SIDECAR, SIDECAR_TAG, module_repository};
use super::support::scene::{Scene, TAG};
use super::world::{
    asset, attach, check, child, conclude, draft, forget_verdict, lose_module_part, lose_part,
    lose_tag, mark, merge_commit, other, other_bytes, plan, point_manager, push_manager,
    push_module, remove, say, second, status, swap, tag, upload_again,
};

/// The altered fact, the codes of the refusal, and the change.
pub(crate) type Fact = (&'static str, Codes, fn(&Scene));
pub(crate) type Codes = &'static [Code];

/// Facts that may change at any time before the publishing request: they are also altered right before that.
pub(crate) const IN_THE_WORLD: &[Fact] = &[
    // The tag and the branch.
    ("the tag is moved", &[Code::TagElsewhere], |s| {
        tag(s, Some(other))
    }),
    ("the tag is deleted", &[Code::TagMissing], |s| tag(s, None)),
    (
        "the tag is now an annotated one elsewhere",
        &[Code::TagElsewhere],
        |s| {
            s.repository(|r| {
                let object = StoredTag {
                    tag: TAG.into(),
                    object: other(r),
                    ..StoredTag::default()
                };
                r.tag_objects.insert("a".repeat(40), object);
            });
            tag(s, Some(|_| "a".repeat(40)));
        },
    ),
    (
        "a pull request is squashed onto the branch",
        &[Code::BranchMoved],
        |s| {
            s.repository(|r| drop(r.merge("Late", "ada", &[]).tip()));
        },
    ),
    (
        "a pull request is merged with a merge commit",
        &[Code::BranchMoved],
        merge_commit,
    ),
    (
        "a commit is pushed onto the branch",
        &[Code::BranchMoved],
        |s| s.repository(|r| drop(r.commit("Late").tip())),
    ),
    ("the branch is set back", &[Code::BranchMoved], |s| {
        s.repository(|r| {
            let parent = r.commits[&r.tip()].parents[0].clone();
            r.refs.insert("refs/heads/main".into(), parent);
        });
    }),
    ("the branch is deleted", &[Code::BranchMoved], |s| {
        s.repository(|r| drop(r.refs.remove("refs/heads/main")))
    }),
    // The draft.
    ("the mark is edited away", &[Code::DraftMarkLost], |s| {
        draft(s, |d| d.body = Some("## Mine now".into()))
    }),
    (
        "another draft takes the place of ours",
        &[Code::DraftForeign],
        |s| {
            draft(s, |d| {
                (d.body, d.target_commitish) = (Some("## Mine".into()), "main".into());
            });
        },
    ),
    ("the text is emptied", &[Code::DraftMarkLost], |s| {
        draft(s, |d| d.body = None)
    }),
    (
        "another run took the draft up",
        &[Code::DraftOfAnotherPlan],
        |s| mark(s, |m| m.plan = Digest::of(b"theirs")),
    ),
    (
        "the draft is of another commit",
        &[Code::DraftOfAnotherCommit],
        |s| {
            let other = s.repository(|r| other(r));
            mark(s, |m| m.commit = other.parse().unwrap());
        },
    ),
    (
        "somebody makes a second draft",
        &[Code::ReleaseDuplicates],
        |s| second(s, true),
    ),
    (
        "somebody publishes a second release",
        &[Code::ReleaseDuplicates],
        |s| second(s, false),
    ),
    ("the draft is deleted", &[Code::DraftMissing], |s| {
        s.repository(|r| r.releases.retain(|_, d| d.tag_name != TAG))
    }),
    (
        "the draft is given another tag",
        &[Code::DraftMissing],
        |s| draft(s, |d| d.tag_name = "v9.9.9".into()),
    ),
    // Assets.
    (
        "an asset's bytes are swapped for as many others",
        &[Code::AssetDiffers],
        |s| swap(s, "rendered.yaml", other_bytes),
    ),
    (
        "an asset is replaced by a longer one",
        &[Code::AssetDiffers],
        |s| swap(s, "rendered.yaml", |t| t + "---\n"),
    ),
    (
        "an asset is deleted and uploaded anew with others",
        &[Code::AssetDiffers],
        |s| {
            upload_again(s, "rendered.yaml", other_bytes);
        },
    ),
    ("an asset is deleted", &[Code::AssetDiffers], |s| {
        remove(s, "rendered.yaml")
    }),
    (
        "an upload of an asset breaks off",
        &[Code::AssetDiffers],
        |s| {
            asset(s, "rendered.yaml", |a| {
                (a.state, a.content) = ("starter".into(), None)
            });
        },
    ),
    (
        "an asset is renamed",
        &[Code::AssetDiffers, Code::AssetUnplanned],
        |s| {
            asset(s, "rendered.yaml", |a| a.name = "rendered-old.yaml".into());
        },
    ),
    (
        "two assets change names",
        &[
            Code::AssetDiffers,
            Code::ManifestDiffers,
            Code::Format(FormatCode::TemplateDiffers),
        ],
        |s| {
            asset(s, "rendered.yaml", |a| a.name = "x".into());
            asset(s, "template.yaml", |a| a.name = "rendered.yaml".into());
            asset(s, "x", |a| a.name = "template.yaml".into());
        },
    ),
    ("somebody adds an asset", &[Code::AssetUnplanned], |s| {
        attach(s, "sbom.json", b"{}")
    }),
    (
        "somebody's upload of an asset breaks off",
        &[Code::AssetUnplanned],
        |s| {
            attach(s, "sbom.json", b"{}");
            asset(s, "sbom.json", |a| {
                (a.state, a.content) = ("starter".into(), None)
            });
        },
    ),
    (
        "the template is replaced by another build's",
        &[
            Code::AssetDiffers,
            Code::Format(FormatCode::TemplateDiffers),
        ],
        |s| {
            swap(s, "template.yaml", |t| t.replace("1.2.0", "1.1.0"));
        },
    ),
    // The images.
    (
        "the manager is pushed again under the tag",
        &[Code::ImageDiffers],
        |s| {
            push_manager(s, |_, image| image.holding(b"another"));
        },
    ),
    (
        "the manager is pushed again from another commit",
        &[Code::ImageDiffers, Code::ImageOfAnotherBuild],
        |s| {
            push_manager(s, |_, image| image.label("revision", &"0".repeat(40)));
        },
    ),
    ("the manager's tag is deleted", &[Code::ImageDiffers], |s| {
        lose_tag(s, BINARY)
    }),
    (
        "a platform of the index is gone",
        &[Code::ImageIncomplete],
        |s| {
            let store = &mut s.registry.store();
            let arm = child(store, 1);
            store
                .repositories
                .get_mut(BINARY)
                .unwrap()
                .manifests
                .remove(&arm);
        },
    ),
    (
        "the tag means one platform only",
        &[Code::ImageDiffers, Code::ImageIncomplete],
        |s| point_manager(s, 0),
    ),
    ("the manager's index is gone", &[Code::ImageDiffers], |s| {
        let store = &mut s.registry.store();
        let index = store.resolve(BINARY, TAG).unwrap();
        store
            .repositories
            .get_mut(BINARY)
            .unwrap()
            .manifests
            .remove(&index);
    }),
    ("a layer is gone", &[Code::ImageIncomplete], |s| {
        lose_part(s, 1, "/layers/0")
    }),
    ("a configuration is gone", &[Code::ImageIncomplete], |s| {
        lose_part(s, 1, "/config")
    }),
    ("the sidecar is pushed again", &[Code::ImageDiffers], |s| {
        sidecar(&mut s.registry.store(), SIDECAR, SIDECAR_TAG, b"another");
    }),
    ("the sidecar is gone", &[Code::ImageDiffers], |s| {
        lose_tag(s, SIDECAR)
    }),
    (
        "the sidecar was there before the release",
        &[Code::ImageOfAnotherBuild],
        |s| {
            let digest = s.registry.store().resolve(SIDECAR, SIDECAR_TAG).unwrap();
            mark(s, |m| m.leftovers = [digest.parse().unwrap()].into());
        },
    ),
    ("the module's tag is deleted", &[Code::ImageDiffers], |s| {
        let name = module_repository(&s.registry.store());
        assert!(name.starts_with(MODULES));
        lose_tag(s, &name);
    }),
    (
        "the module is pushed again from another commit",
        &[Code::ImageDiffers, Code::ImageOfAnotherBuild],
        |s| {
            push_module(s, plan(s).wanted.commit.as_str(), &"0".repeat(40));
        },
    ),
    (
        "the module's configuration is gone",
        &[Code::ImageIncomplete],
        |s| lose_module_part(s, "/config"),
    ),
    (
        "the module's first layer is gone",
        &[Code::ImageIncomplete],
        |s| lose_module_part(s, "/layers/0"),
    ),
    (
        "the module's manifest is gone",
        &[Code::ImageIncomplete],
        |s| lose_module_part(s, "/layers/1"),
    ),
    // The verdicts.
    (
        "a leg has no verdict",
        &[Code::VerdictMissing],
        forget_verdict,
    ),
    ("a leg failed when run again", &[Code::VerdictFailed], |s| {
        say(s, |v| v.state = "failure".into())
    }),
    ("a leg ended with an error", &[Code::VerdictFailed], |s| {
        say(s, |v| v.state = "error".into())
    }),
    ("a leg is run again", &[Code::VerdictFailed], |s| {
        say(s, |v| v.state = "pending".into())
    }),
    (
        "a leg tested other digests",
        &[Code::VerdictOfOtherBytes],
        |s| {
            say(s, |v| {
                v.description = Some(format!("run 17 tested {}", Digest::of(b"others")))
            });
        },
    ),
    (
        "a leg tested in another run",
        &[Code::VerdictOfOtherBytes],
        |s| {
            say(s, |v| {
                v.description = v
                    .description
                    .as_ref()
                    .map(|d| d.replace("run 17", "run 16"))
            });
        },
    ),
    (
        "a leg does not say what it tested",
        &[Code::VerdictOfOtherBytes],
        |s| say(s, |v| v.description = None),
    ),
    (
        "a leg tested another commit",
        &[Code::VerdictMissing],
        |s| {
            let at = s.repository(|r| other(r));
            say(s, |v| v.sha = at);
            s.repository(|r| {
                super::release::verdict(r, super::release::LEGS[0]).context = "elsewhere".into()
            });
        },
    ),
    (
        "a check run speaks for a leg",
        &[Code::VerdictOfOtherBytes],
        |s| {
            forget_verdict(s);
            s.repository(|r| drop(r.check("btp-release/e2e/k3s-1.31", "success").tip()));
        },
    ),
    // The required checks.
    ("a required check is red", &[Code::CheckNotGreen], |s| {
        conclude(s, "failure")
    }),
    ("a required check is neutral", &[Code::CheckNotGreen], |s| {
        conclude(s, "neutral")
    }),
    (
        "a required check was skipped",
        &[Code::CheckNotGreen],
        |s| conclude(s, "skipped"),
    ),
    (
        "a required check was cancelled",
        &[Code::CheckNotGreen],
        |s| conclude(s, "cancelled"),
    ),
    (
        "a required check took too long",
        &[Code::CheckNotGreen],
        |s| conclude(s, "timed_out"),
    ),
    ("a required check runs again", &[Code::CheckNotGreen], |s| {
        check(s, |c| {
            (c.status, c.conclusion) = ("in_progress".into(), None)
        });
    }),
    (
        "a required check is red in a newer run",
        &[Code::CheckNotGreen],
        |s| s.repository(|r| drop(r.check("lint", "failure").tip())),
    ),
    ("a required check is gone", &[Code::CheckMissing], |s| {
        s.repository(|r| r.check_runs.clear())
    }),
    (
        "a required check is of another commit",
        &[Code::CheckMissing],
        |s| {
            let at = s.repository(|r| other(r));
            check(s, |c| c.head_sha = at);
        },
    ),
    ("a required status is red", &[Code::CheckNotGreen], |s| {
        status(s, "failure")
    }),
    (
        "a required status is pending",
        &[Code::CheckNotGreen],
        |s| status(s, "pending"),
    ),
    ("a required status is gone", &[Code::CheckMissing], |s| {
        s.repository(|r| r.statuses.retain(|status| status.context != "ci/prow"));
    }),
];
