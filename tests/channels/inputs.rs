//! Inputs that a kind of proposal does not take, or does not go without.

use btp_release::cli::{Cli, Command, arguments_of_step};
use btp_release::domain::{Code, FormatCode};
use btp_release::settings::{self, Context, Environment};
use clap::Parser as _;

use super::release::RUN;
use super::support::scene::{Scene, TAG};
use super::{COMPONENT, MANIFESTS};

/// A name and a value.
type TypedInput = (&'static str, &'static str);

const SUBMISSION: TypedInput = ("kind", "submission");
const PROMOTION: TypedInput = ("kind", "promotion");
const NAME: TypedInput = ("module-name", COMPONENT);
const CONFIG: TypedInput = ("module-config", "module-config.yaml");
const CHANNEL: TypedInput = ("channel", "fast");
const SET: TypedInput = ("set", "a.yaml: version = {version}");
const FILES: TypedInput = ("files", "a.yaml");
const GUARD: TypedInput = ("guard", "only-ours");
const SECURITY: TypedInput = ("security-config", "sec-scanners-config.yaml");
const SCANNED: TypedInput = ("component-config", "component-config.yaml");
const IMAGE: TypedInput = ("binary-image", "registry.example/manager");
const EXTRA: TypedInput = (
    "extra-images",
    "registry.example/a\nregistry.example/b:{version}",
);
const ORDER: TypedInput = ("channel-order", "fast, regular");

fn refused(scene: &Scene, more: &[(&str, &str)]) -> Vec<Code> {
    let usual = [("version", TAG), ("target-repository", MANIFESTS)];
    let env = scene.env(RUN, "propose", &[&usual, more].concat());
    refused_arguments(scene, &arguments_of_step(&env).unwrap())
}

fn refused_arguments(scene: &Scene, arguments: &[String]) -> Vec<Code> {
    let env = scene.env(RUN, "propose", &[]);
    let cli = Cli::try_parse_from(arguments).unwrap();
    let Command::Phase(args) = cli.command else {
        panic!("propose is no phase");
    };
    let read = |path: &std::path::Path| std::fs::read_to_string(path);
    let environment = Environment {
        context: &Context::read(&env),
        read_file: &read,
        now: std::time::SystemTime::UNIX_EPOCH,
    };
    let settings = settings::phase(&args, environment);
    let findings = settings.err().map(|not_begun| not_begun.findings);
    let findings = findings.into_iter().flatten();
    findings.map(|finding| finding.code).collect()
}

#[tokio::test]
async fn each_kind_of_proposal_takes_its_own_inputs() {
    let scene = Scene::start(|_| ()).await;
    let exclusive = Code::InputsExclusive;
    let invalid = Code::Format(FormatCode::ChannelInvalid);
    let table: [(&[TypedInput], &[Code]); 31] = [
        (&[SUBMISSION, NAME, CONFIG], &[]),
        (&[SUBMISSION, NAME, FILES], &[]),
        (&[PROMOTION, NAME, CHANNEL], &[]),
        (&[PROMOTION, NAME, CHANNEL, CONFIG], &[]),
        (&[SET], &[]),
        (&[SUBMISSION, NAME], &[Code::InputMissing]),
        (&[SUBMISSION, CONFIG], &[Code::InputMissing]),
        (&[PROMOTION, NAME], &[Code::InputMissing]),
        (&[SUBMISSION, NAME, CONFIG, FILES], &[exclusive]),
        (&[SUBMISSION, NAME, CONFIG, SET], &[exclusive]),
        (&[SUBMISSION, NAME, CONFIG, CHANNEL], &[exclusive]),
        (&[SUBMISSION, NAME, CONFIG, GUARD], &[exclusive]),
        (&[PROMOTION, NAME, CHANNEL, FILES], &[exclusive]),
        (&[SET, CHANNEL], &[exclusive]),
        (&[PROMOTION, NAME, ("channel", "Fast")], &[invalid]),
        (&[SECURITY, IMAGE], &[]),
        (&[SECURITY, SCANNED, IMAGE, EXTRA, SET], &[]),
        (&[SCANNED, EXTRA], &[]),
        (&[SCANNED], &[Code::InputMissing]),
        (&[SET, IMAGE], &[Code::InputMissing]),
        (
            &[
                SECURITY,
                SCANNED,
                IMAGE,
                ("files", "a=component-config.yaml"),
            ],
            &[exclusive],
        ),
        (
            &[SECURITY, ("component-config", SECURITY.1), IMAGE],
            &[exclusive],
        ),
        (
            &[SCANNED, ("binary-image", "no image")],
            &[Code::Format(FormatCode::ImageInvalid)],
        ),
        (&[SUBMISSION, NAME, CONFIG, SCANNED], &[exclusive]),
        (&[PROMOTION, NAME, CHANNEL, IMAGE], &[exclusive]),
        (&[PROMOTION, NAME, CHANNEL, ORDER], &[]),
        (&[PROMOTION, NAME, ("channel", "dev"), ORDER], &[exclusive]),
        (
            &[PROMOTION, NAME, CHANNEL, ("channel-order", "fast, No")],
            &[invalid],
        ),
        (&[SUBMISSION, NAME, CONFIG, ORDER], &[exclusive]),
        (&[SET, ORDER], &[exclusive]),
        (&[], &[Code::InputMissing]),
    ];
    for (inputs, codes) in table {
        assert_eq!(refused(&scene, inputs), codes, "{inputs:?}");
    }
}

/// As the inputs of a step cannot be: there, what is empty is not given.
#[tokio::test]
async fn empty_argument_of_a_terminal_is_no_change() {
    let scene = Scene::start(|_| ()).await;
    for (more, codes) in [
        (&["--set", ""][..], &[Code::InputMissing][..]),
        (&["--files", "", "--set", " "], &[Code::InputMissing]),
        (&["--set", "", "--set", SET.1], &[]),
        (
            &[
                "--kind",
                "submission",
                "--module-name",
                COMPONENT,
                "--files",
                "",
            ],
            &[Code::InputMissing],
        ),
        (
            &[
                "--kind",
                "promotion",
                "--module-name",
                COMPONENT,
                "--channel",
                "fast",
                "--set",
                "",
            ],
            &[],
        ),
    ] {
        let usual = [
            "btp-release",
            "propose",
            TAG,
            "--target-repository",
            MANIFESTS,
        ];
        let arguments = usual.iter().chain(more).map(|text| (*text).to_owned());
        let arguments: Vec<_> = arguments.collect();
        assert_eq!(refused_arguments(&scene, &arguments), codes, "{more:?}");
    }
}
