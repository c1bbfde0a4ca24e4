//! Whole pages, as golden files, and what they must never become.

use super::*;
use crate::domain::Digest;
use crate::plan::tests::{example, example_wanted};
use crate::plan::{BranchGuard, Record, ReleasePlan};
use crate::protocol::CheckTimes;

/// 2026-11-26T12:00:00Z.
const NOON: u64 = 1_795_694_400;

/// Names and texts that would be markup, scripts or invisible, were they not escaped.
const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "</title></style></svg><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "' onload='alert(1)",
    "<!-- comment",
    "]]><a href=\"javascript:alert(1)\">x</a>",
    "&lt;b&gt; &#60;b&#62;",
    "\u{202e}txt.exe\u{2066}\u{0}\u{1b}[31m",
    "first line\nsecond line",
];

fn asset(name: &str, size: u64, waited: u64) -> Artifact {
    Artifact::Asset {
        digest: Digest::of(name.as_bytes()),
        size,
        waited,
        ready_at: Some(NOON + waited),
    }
}

fn image(tagged: &str, waited: u64, expected: bool) -> Artifact {
    let tagged: crate::domain::ImageRef = tagged.parse().unwrap();
    let digest = Digest::of(tagged.to_string().as_bytes());
    Artifact::Image {
        digest,
        image: tagged.repository().pinned(digest),
        tagged,
        platforms: vec!["linux/amd64".into(), "linux/arm64".into()],
        size: 48 << 20,
        waited,
        ready_at: Some(NOON + waited),
        expected,
    }
}

fn record(name: &str, state: &str, (began, ended): (Option<u64>, u64)) -> Record {
    Record {
        name: name.into(),
        state: state.into(),
        description: None,
        url: Some("https://github.com/kyma-project/btp-manager/actions/runs/17".into()),
        began: began.map(|began| NOON + began),
        ended: Some(NOON + ended),
    }
}

/// What a release of the example has in its evidence.
fn predicate() -> Predicate {
    let guard = BranchGuard {
        branch: "main".into(),
        head: example_wanted().commit,
    };
    let previous = Some("v1.1.0".parse().unwrap());
    let plan = ReleasePlan::complete(example().wanted, previous, Some(guard));
    let mut artifacts = Artifacts::default();
    artifacts.0.extend(
        [
            ("template.yaml", asset("template.yaml", 1_620, 410)),
            ("rendered.yaml", asset("rendered.yaml", 91_000, 402)),
            (
                "binary-image",
                image("europe-docker.pkg.dev/kyma-project/prod/btp-manager:v1.2.0", 254, true),
            ),
            (
                "module-image",
                image(
                    "ghcr.io/kyma-project/component-descriptors/kyma.project.io/module/btp-operator:1.2.0",
                    391,
                    false,
                ),
            ),
        ]
        .map(|(name, artifact)| (name.to_owned(), artifact)),
    );
    let tested = Verdict {
        run: "17".into(),
        artifacts: artifacts.digest(),
    };
    let leg = |name: &str, ended| Record {
        description: Some(tested.to_string()),
        ..record(&Verdict::context(name), "success", (None, ended))
    };
    let verdicts = vec![leg("k3s-1.33", 1_270), leg("k3s-1.34", 1_100)];
    artifacts.0.insert(
        LOGS.to_owned(),
        Artifact::Asset {
            digest: Digest::of(b"logs"),
            size: 220_000,
            waited: 0,
            ready_at: None,
        },
    );
    let jobs = [
        ("plan", "success"),
        ("unit-tests", "success"),
        ("build-image", "skipped"),
    ];
    Predicate {
        plan,
        artifacts,
        jobs: jobs
            .map(|(name, result)| (name.to_owned(), result.to_owned()))
            .into(),
        verdicts,
        checks: vec![record("lint", "success", (Some(0), 95))],
        builders: vec![record("post-btp-manager-build", "success", (Some(5), 250))],
        drafted_at: "2026-11-26T11:59:48Z".into(),
        publisher: "btp-release 1.2.3".into(),
        requests: vec![],
    }
}

fn page(predicate: &Predicate) -> ReleasePage<'_> {
    ReleasePage {
        predicate,
        server: "https://github.com",
        evidence: None,
        jobs: &[],
    }
}

fn job(name: &str, conclusion: &str, began: u64, ended: u64) -> SeenJob {
    SeenJob {
        id: 1,
        name: name.into(),
        attempt: 1,
        conclusion: Some(conclusion.into()),
        times: CheckTimes {
            began: Some(NOON + began),
            ended: Some(NOON + ended),
        },
    }
}

#[test]
fn page_of_a_release_is_as_recorded() {
    let predicate = predicate();
    let jobs = [
        job("start / plan", "success", 0, 9),
        job("e2e (k3s-1.33)", "success", 20, 1_275),
        job("build-image", "skipped", 12, 12),
        job("finish / publish", "success", 1_290, 1_330),
    ];
    let page = ReleasePage {
        evidence: Some(Digest::of(b"evidence")),
        jobs: &jobs,
        ..page(&predicate)
    };
    insta::assert_snapshot!("page", page.html());
    insta::assert_snapshot!("timeline", page.svg());
}

/// Whatever a name, a result or an address contains.
fn hostile() -> Predicate {
    let mut predicate = predicate();
    for (nth, text) in HOSTILE.into_iter().enumerate() {
        let artifact = asset(text, 1, nth as u64);
        predicate.artifacts.0.insert(text.to_owned(), artifact);
        predicate.jobs.insert(text.to_owned(), text.to_owned());
        let record = Record {
            description: Some(text.to_owned()),
            url: Some(format!("javascript:alert(1)//{text}")),
            ..record(text, text, (Some(0), 900))
        };
        predicate.verdicts.push(record.clone());
        predicate.checks.push(record.clone());
        predicate.builders.push(record);
        predicate.publisher.push_str(text);
        predicate.drafted_at = text.to_owned();
    }
    predicate.plan = predicate.plan.with(|wanted| {
        wanted.run = HOSTILE.concat();
        wanted.force = Some(HOSTILE.concat());
        wanted.replace_published = Some(HOSTILE.concat());
    });
    predicate
}

/// The names of the elements and attributes of a text, as a browser takes them: without what is in quotes, and without the style.
fn markup(text: &str) -> Vec<String> {
    let (before, rest) = text.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let all = [before, after].concat();
    let tags = all
        .split('<')
        .skip(1)
        .map(|tag| tag.split_once('>').unwrap().0);
    let unquoted = tags.map(|tag| tag.split('"').step_by(2).collect::<String>());
    unquoted.collect()
}

#[test]
fn texts_from_outside_are_never_markup() {
    let hostile = hostile();
    let jobs: Vec<_> = HOSTILE
        .into_iter()
        .map(|text| job(text, text, 1, 2))
        .collect();
    let page = ReleasePage {
        server: "javascript:alert(1)//\"<b>",
        jobs: &jobs,
        ..page(&hostile)
    };
    insta::assert_snapshot!("hostile", page.html());
    for text in [page.html(), page.svg()] {
        for tag in markup(&text) {
            let name = tag.trim_start_matches('/');
            let name = name.split([' ', '\n']).next().unwrap();
            assert!(
                ![
                    "script", "img", "b", "iframe", "object", "link", "base", "form"
                ]
                .contains(&name),
                "{tag}"
            );
            assert!(!tag.contains(" on") && !tag.contains('\''), "{tag}");
        }
        assert!(!text.contains("href=\"javascript"), "{text}");
        for hidden in ['\u{202e}', '\u{2066}', '\u{0}', '\u{1b}'] {
            assert!(!text.contains(hidden));
        }
        assert_eq!(text.matches("<style>").count(), 1);
        assert_eq!(
            text.matches("<!").count(),
            usize::from(text.starts_with("<!doctype"))
        );
    }
}

#[test]
fn page_needs_nothing_from_elsewhere() {
    let predicate = predicate();
    let html = page(&predicate).html();
    for wanted in [
        " src=", "url(http", "@import", "<script", "style=\"", "<link",
    ] {
        assert!(!html.contains(wanted), "{wanted}");
    }
    let (_, rest) = html.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = {
        use base64::Engine as _;
        use sha2::Digest as _;
        base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style))
    };
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'");
    assert!(html.contains(&policy), "{policy}");
    assert!(!STYLE.contains('<') && !THEME.contains(['<', '&']));
}

#[test]
fn same_evidence_gives_the_same_bytes() {
    let one = predicate();
    let other = Predicate {
        requests: vec![crate::plan::AnsweredRequest {
            request: "GET /".into(),
            status: 200,
            id: "A:B".into(),
        }],
        ..one.clone()
    };
    assert_eq!(page(&one).html(), page(&other).html());
    assert_eq!(page(&one).svg(), page(&other).svg());
}

#[test]
fn legs_that_tested_other_bytes_are_not_counted() {
    let mut predicate = predicate();
    assert_eq!(page(&predicate).tested_by(), 2);
    let html = page(&predicate).html();
    assert!(html.contains("Each tested exactly the bytes"), "{html}");
    predicate
        .artifacts
        .0
        .insert("template.yaml".into(), asset("other", 1, 1));
    assert_eq!(page(&predicate).tested_by(), 0);
    assert!(
        page(&predicate)
            .html()
            .contains("0 of 2 legs tested exactly these bytes")
    );
}

#[test]
fn failures_are_said_in_words() {
    let mut predicate = predicate();
    predicate
        .checks
        .push(record("scan", "failure", (Some(0), 60)));
    let html = page(&predicate).html();
    assert!(html.contains("and 1 result failed."), "{html}");
    assert!(html.contains("✕ failure"), "{html}");
}

#[test]
fn evidence_of_released_versions_has_no_times_and_still_has_a_page() {
    let mut predicate = predicate();
    predicate.artifacts = predicate.artifacts.without_times();
    for records in [
        &mut predicate.verdicts,
        &mut predicate.checks,
        &mut predicate.builders,
    ] {
        for record in records {
            (record.began, record.ended) = (None, None);
        }
    }
    predicate.drafted_at.clear();
    let html = page(&predicate).html();
    assert!(html.contains("The evidence has no times."), "{html}");
    assert!(html.contains("template.yaml"), "{html}");
    assert!(page(&predicate).svg().ends_with("</svg>\n"));
}

#[test]
fn a_thousand_artifacts_have_a_limited_chart_and_a_whole_table() {
    let mut predicate = predicate();
    for nth in 0..995 {
        let name = format!("a-file-{nth}.tar.gz");
        let artifact = asset(&name, 9, nth);
        predicate.artifacts.0.insert(name, artifact);
    }
    let html = page(&predicate).html();
    assert_eq!(html.matches("<g><title>").count(), 60);
    assert!(html.contains("that are not shown"), "{html}");
    assert!(html.contains("a-file-994.tar.gz"));
}
