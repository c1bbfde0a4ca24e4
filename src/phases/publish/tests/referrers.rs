//! Registries that refuse referrers.

use super::*;
use crate::plan::ReferrersMode;
use crate::release::attestations::examples::signing;

fn plan_of(mode: Option<ReferrersMode>) -> ReleasePlan {
    plan().with(|wanted| {
        wanted.signing = Some(signing());
        wanted.referrers = mode;
    })
}

fn refusal(cause: Cause) -> ServiceError {
    ServiceError::new("put the manifest", cause)
}

fn denied(status: u16) -> Cause {
    Cause::Denied {
        status,
        message: "DENIED: no".into(),
        accepted: None,
        help: String::new(),
        request_id: None,
    }
}

fn pushes() -> [Action; 2] {
    let to: crate::domain::ImageRepository = "r.example/prod/btp-manager".parse().unwrap();
    [
        Action::PushBlobs {
            to: to.clone(),
            blobs: vec![],
        },
        Action::PushManifest {
            to: to.pinned(Digest::of(b"referrer")).into(),
            media_type: String::new(),
            bytes: bytes::Bytes::new(),
        },
    ]
}

#[test]
fn refused_push_stops_a_release_that_requires_referrers_only() {
    let refused = Cause::Refused {
        status: 405,
        message: "UNSUPPORTED".into(),
        request_id: None,
    };
    for cause in [denied(401), denied(403), refused] {
        for push in pushes() {
            let mut preferred = Publish::new(plan_of(Some(ReferrersMode::Prefer)), tested());
            let after = preferred.refused(&push, &refusal(cause.clone()));
            assert!(matches!(after, AfterRefusal::Continue), "{after:?}");
            let mut required = Publish::new(plan_of(Some(ReferrersMode::Require)), tested());
            match required.refused(&push, &refusal(cause.clone())) {
                AfterRefusal::Blocked(found) => {
                    assert_eq!(found.code, Code::ReferrerRefused);
                    assert!(found.help.contains("packages: write"), "{found}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
    // What is not known is no refusal, also where referrers are optional.
    for cause in [
        Cause::Limited {
            detail: String::new(),
        },
        Cause::Broken {
            detail: String::new(),
        },
    ] {
        let mut preferred = Publish::new(plan_of(Some(ReferrersMode::Prefer)), tested());
        let [push, _] = pushes();
        let after = preferred.refused(&push, &refusal(cause));
        assert!(matches!(after, AfterRefusal::Stop), "{after:?}");
    }
}

#[test]
fn refusal_is_a_warning_where_referrers_are_optional() {
    let to: crate::domain::ImageRepository = "r.example/prod/btp-manager".parse().unwrap();
    for (mode, refusals, warnings) in [
        (Some(ReferrersMode::Require), 1, 0),
        (Some(ReferrersMode::Prefer), 0, 1),
        (None, 0, 0),
    ] {
        let (plan, inputs, mut seen) = (plan_of(mode), tested(), seen());
        seen.release.releases[0] = our_draft(&plan);
        seen.signed
            .referrers
            .refuse(to.clone(), "403 DENIED".into());
        let candidate = candidate(&plan, &inputs, &seen).unwrap();
        assert_eq!(candidate.cannot_refer().len(), refusals);
        let unreferred = candidate.unreferred();
        assert_eq!(unreferred.len(), warnings);
        for warning in unreferred {
            assert_eq!(warning.code, Code::ReferrerRefused);
            assert!(
                warning.seen.contains("r.example/prod/btp-manager"),
                "{warning}"
            );
        }
    }
}
