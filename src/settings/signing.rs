//! The inputs of `plan` about signatures.

use super::input_parser::{Choices, InputParser};
use super::lines;
use crate::cli::{PlanArgs, PlanInput};
use crate::domain::{Code, Diagnostic, SignerPattern};
use crate::plan::{MODULE_IMAGE, ReferrersMode, RequiredAttestation, Signing, SigningMode};

const MODES: [(&str, Option<SigningMode>); 3] = [
    ("require", Some(SigningMode::Require)),
    ("prefer", Some(SigningMode::Prefer)),
    ("off", None),
];

/// Who signs: the workflow that runs now.
pub(super) fn signing(parser: &mut InputParser<'_>, args: &PlanArgs) -> Option<Signing> {
    let mode = parser.choice("signing", args.signing.as_deref(), &Choices::of(&MODES));
    let mode = mode.flatten()?;
    let context = parser.environment.context;
    let server = context
        .server_url
        .as_deref()
        .unwrap_or("https://github.com");
    let workflow = context.workflow_ref.as_deref();
    let commit = context.sha.as_deref().and_then(|sha| sha.parse().ok());
    let Some((workflow, commit)) = workflow.zip(commit) else {
        let nobody = Diagnostic::error(
            Code::InputMissing,
            "needs GITHUB_WORKFLOW_REF and GITHUB_SHA: they say which workflow signs",
            "only a run of a workflow has an identity to sign with: run `plan` in the workflow, or leave `signing` out",
        );
        return parser.take("signing", Err(nobody));
    };
    let server = server.trim_end_matches('/');
    let test_signer = args.test_signer.as_deref().map(str::trim);
    let test_signer = test_signer
        .filter(|signer| !signer.is_empty())
        .map(|signer| {
            test_signer_of(
                signer,
                args.job_workflow.as_deref().unwrap_or_default(),
                server,
            )
        });
    let test_signer = match test_signer {
        Some(signer) => Some(parser.take("test-signer", signer)?),
        None => None,
    };
    Some(Signing {
        mode,
        workflow: format!("{server}/{workflow}"),
        commit,
        test_signer,
    })
}

/// The workflow that signs the results of the tests. `beside` is the workflow in whose folder a file is: `OWNER/NAME/.github/workflows/FILE@REF`.
fn test_signer_of(signer: &str, beside: &str, server: &str) -> Result<SignerPattern, Diagnostic> {
    if signer.contains("://") {
        return signer.parse();
    }
    let folder = beside.trim().split_once("/.github/workflows/");
    let place = folder.and_then(|(repository, file)| Some((repository, file.split_once('@')?.1)));
    match place {
        Some((repository, git_ref)) if !signer.contains(['/', '*', '@']) => {
            format!("{server}/{repository}/.github/workflows/{signer}@{git_ref}").parse()
        }
        _ => Err(Diagnostic::value(
            Code::PatternInvalid,
            "workflow",
            signer,
            format!("is not the address of a workflow, nor a file beside the workflow {beside:?}"),
            "write https://github.com/OWNER/NAME/.github/workflows/FILE@REF, or the name of the file alone and job-workflow: ${{ job.workflow_ref }}",
        )),
    }
}

const REFERRERS: [(&str, Option<ReferrersMode>); 3] = [
    ("require", Some(ReferrersMode::Require)),
    ("prefer", Some(ReferrersMode::Prefer)),
    ("off", None),
];

/// Whether what is signed becomes referrers of the images.
pub(super) fn referrers(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    signing: Option<&Signing>,
) -> Option<ReferrersMode> {
    let mode = parser.choice(
        "referrers",
        args.referrers.as_deref(),
        &Choices::of(&REFERRERS),
    );
    let mode = mode.flatten()?;
    let typed = args.signing.as_deref().map_or("off", str::trim);
    match signing {
        // One that could not be read was refused already.
        None if typed == "off" => parser.missing(
            "signing",
            "referrers hold what is signed: set `signing` to require or prefer, or leave `referrers` out",
        ),
        Some(signing) if mode == ReferrersMode::Require && !signing.is_required() => parser.refuse(
            Code::InputsExclusive,
            "referrers is require, and signing is prefer: what is not signed has no referrers"
                .to_owned(),
            "set `signing: require`, or `referrers: prefer`",
        ),
        _ => {}
    }
    Some(mode)
}

/// Whether a plan that is given as text wants signatures. One in a file is not looked at: this is only about permissions of a
/// token, and GitHub names the one that is missing.
pub(super) fn signing_is_planned(input: &PlanInput) -> bool {
    let plan = input.plan.as_deref().unwrap_or_default();
    plan.contains("\"signing\":")
}

/// The attestations that images must have.
pub(super) fn required_attestations(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
) -> Vec<RequiredAttestation> {
    lines(&args.require_attestations)
        .filter_map(|line| parser.take("require-attestations", required_attestation(line)))
        .collect()
}

/// `image=binary predicate=https://slsa.dev/provenance/v1 signer=https://github.com/…`, in any order.
fn required_attestation(line: &str) -> Result<RequiredAttestation, Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::value(
            Code::RequiredAttestationInvalid,
            "attestation",
            line,
            why,
            "write image=binary predicate=https://slsa.dev/provenance/v1 signer=https://github.com/OWNER/NAME/.github/workflows/FILE@REF",
        )
    };
    let [mut image, mut predicate, mut signer] = [None; 3];
    for part in line.split_whitespace() {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let field = match name {
            "image" => &mut image,
            "predicate" => &mut predicate,
            "signer" => &mut signer,
            _ => return Err(unreadable(format!("has the unknown part {part}"))),
        };
        if value.is_empty() || field.replace(value).is_some() {
            return Err(unreadable(format!("has not exactly one value for {name}")));
        }
    }
    let needed = |name: &str, value: Option<&str>| match value {
        Some(value) => Ok(value.to_owned()),
        None => Err(unreadable(format!("has no {name}="))),
    };
    let image = match needed("image", image)?.as_str() {
        "binary" => "binary-image".to_owned(),
        "module" => MODULE_IMAGE.to_owned(),
        other => other.to_owned(),
    };
    let predicate = needed("predicate", predicate)?;
    if !predicate.contains("://") {
        return Err(unreadable("has a predicate that is no URI".to_owned()));
    }
    let signer: SignerPattern = needed("signer", signer)?.parse()?;
    Ok(RequiredAttestation {
        image,
        predicate,
        signer,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::settings::{Context, Environment, phase};

    const SIGNER: &str = "https://github.com/kyma-project/test-infra/.github/workflows/image-builder.yml@refs/heads/main";

    #[test]
    fn test_signer_is_an_address_or_a_file_beside_the_workflow_of_the_job() {
        let beside =
            "kyma-project/btp-release-action/.github/workflows/start-release.yaml@refs/tags/v1";
        let signer = |signer: &str, beside: &str| {
            let read = test_signer_of(signer, beside, "https://github.com");
            read.map(|signer| signer.to_string())
        };
        assert_eq!(
            signer("run-e2e-tests.yaml", beside).unwrap(),
            "https://github.com/kyma-project/btp-release-action/.github/workflows/run-e2e-tests.yaml@refs/tags/v1"
        );
        assert_eq!(signer(SIGNER, "").unwrap(), SIGNER);
        for (file, beside) in [
            ("run-e2e-tests.yaml", ""),
            ("run-e2e-tests.yaml", "kyma-project/btp-release-action"),
            (
                "run-e2e-tests.yaml",
                "a/b/.github/workflows/start-release.yaml",
            ),
            ("*", beside),
            ("../other.yaml", beside),
            ("x.yaml@refs/heads/main", beside),
            ("https://github.com/*", beside),
        ] {
            let refused = signer(file, beside).unwrap_err();
            assert_eq!(refused.code, Code::PatternInvalid, "{file} {beside}");
        }
    }

    #[test]
    fn required_attestation_names_image_predicate_and_signer() {
        let line = format!("signer={SIGNER} image=binary predicate=https://slsa.dev/provenance/v1");
        let read = required_attestation(&line).unwrap();
        assert_eq!(read.image, "binary-image");
        assert_eq!(read.predicate, "https://slsa.dev/provenance/v1");
        assert!(read.signer.matches(SIGNER));
        let module = required_attestation(&line.replace("binary", "module")).unwrap();
        assert_eq!(module.image, MODULE_IMAGE);
    }

    #[test]
    fn incomplete_or_unknown_parts_are_refused() {
        let whole =
            format!("image=binary predicate=https://slsa.dev/provenance/v1 signer={SIGNER}");
        assert!(required_attestation(&whole).is_ok());
        for (part, other) in [
            ("image=binary ", ""),
            ("image=binary", "image="),
            ("image=binary", "image=binary image=module"),
            ("image=binary", "picture=binary"),
            ("image=binary", "binary"),
            ("predicate=https://slsa.dev/provenance/v1", ""),
            (
                "predicate=https://slsa.dev/provenance/v1",
                "predicate=provenance",
            ),
            ("signer=", "by="),
            (SIGNER, "*"),
            (SIGNER, "https://github.com/*"),
        ] {
            let line = whole.replace(part, other);
            assert_ne!(line, whole);
            assert!(required_attestation(&line).is_err(), "{line}");
        }
    }

    /// What is wrong with these inputs of `plan`, in a workflow run.
    fn refused(inputs: &[&str]) -> Vec<Code> {
        let line = [&["btp-release", "plan", "v1.2.0"], inputs].concat();
        let Command::Phase(args) = Cli::try_parse_from(line).unwrap().command else {
            panic!()
        };
        let env = [
            ("GITHUB_REPOSITORY", "kyma-project/btp-manager"),
            ("GITHUB_SHA", "4e4b9d47cb655ca23e5c706462485ff7605e8d71"),
            ("GITHUB_TOKEN", "t0ken"),
            (
                "GITHUB_WORKFLOW_REF",
                "kyma-project/btp-manager/.github/workflows/release.yml@refs/heads/main",
            ),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment {
            context: &Context::read(&BTreeMap::from(env)),
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            now: SystemTime::UNIX_EPOCH,
        };
        let settings = phase(&args, environment);
        let findings = settings.err().map(|not| not.findings).unwrap_or_default();
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn referrers_need_signatures_and_required_ones_required_signatures() {
        for (referrers, signing, expected) in [
            ("require", "require", None),
            ("prefer", "require", None),
            ("prefer", "prefer", None),
            ("off", "off", None),
            ("off", "prefer", None),
            ("require", "prefer", Some(Code::InputsExclusive)),
            ("require", "off", Some(Code::InputMissing)),
            ("prefer", "off", Some(Code::InputMissing)),
            ("always", "require", Some(Code::ChoiceInvalid)),
            // Only what is wrong with the other input is said.
            ("require", "always", Some(Code::ChoiceInvalid)),
        ] {
            let inputs = ["--referrers", referrers, "--signing", signing];
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(refused(&inputs), expected, "{referrers} {signing}");
        }
        assert_eq!(refused(&["--referrers=prefer"]), [Code::InputMissing]);
    }
}
